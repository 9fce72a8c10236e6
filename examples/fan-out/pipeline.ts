/**
 * A fan-out over files with a join: one step per file, in parallel, then one step that receives all
 * results.
 *
 *     npx headrace run examples/fan-out/pipeline.ts --queue-concurrency default=2
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { component, currentStep, pipeline } from 'headrace';

interface Summary {
  readonly station: string;
  readonly days: number;
  readonly mean: number;
  readonly highest: number;
}

/** Lists the CSV files of a folder. Paths are relative to the project's root. */
export const list = component({ returnValues: ['files'] }, async function list(folder: string) {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.csv'))
    .sort()
    .map((name) => join(folder, name));
});

/** Reads the temperatures of one station, line by line. */
export const summarize = component(
  { returnValues: ['summary'] },
  async function summarize(file: string): Promise<Summary> {
    const temperatures: number[] = [];
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const [, celsius] = line.split(',');
      if (celsius !== 'celsius') temperatures.push(Number(celsius));
    }
    const sum = temperatures.reduce((total, celsius) => total + celsius, 0);
    return {
      station: basename(file, '.csv'),
      days: temperatures.length,
      mean: sum / temperatures.length,
      highest: Math.max(...temperatures),
    };
  },
);

/** The join: finds the warmest station, and stores a table of all stations. */
export const compare = component(
  { returnValues: ['warmest', 'days'], monitorArtifacts: ['table'] },
  async function compare(summaries: Summary[]) {
    const warmestFirst = [...summaries].sort((a, b) => b.mean - a.mean);
    const table = warmestFirst.map(
      ({ station, mean, highest }) =>
        `${station.padEnd(12)} ${mean.toFixed(1).padStart(5)} ${highest.toFixed(1).padStart(5)}`,
    );
    await currentStep().uploadArtifact('table', table.join('\n'), { metadata: { unit: '°C' } });
    return [
      warmestFirst[0]?.station ?? null,
      summaries.reduce((days, summary) => days + summary.days, 0),
    ] as const;
  },
);

/** @param folder contains one CSV file (`date,celsius`) per station */
export const stations = pipeline(
  { name: 'stations', project: 'examples', version: '1.0.0' },
  async function stations(folder = 'examples/fan-out/readings') {
    const files = await list(folder);
    const summaries = files.map((file) => summarize(file));
    const [warmest, days] = compare(summaries);
    return { stations: files.length, warmest: await warmest, days: await days };
  },
);
