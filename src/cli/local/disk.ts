/** `headrace disk` and `headrace gc`. */
import { existsSync } from 'node:fs';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import { createFileObjects } from '../../local/file-objects.ts';
import { collectGarbage } from '../../local/garbage.ts';
import { HOME_PARTS, homeFiles } from '../../local/home-files.ts';
import type { RunId } from '../../model/ids.ts';
import { toIsoTimeOrNull } from '../../model/iso-time.ts';
import type { Run } from '../../model/run.ts';
import { formatCount, formatSize, formatTable } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import { runLabel } from '../../view/view.ts';
import { ageOf } from '../age.ts';
import type { DiskCommandOptions, GcCommandOptions } from '../option-types.ts';
import { openRecords, withRecordsIfAny } from '../records.ts';

const LARGEST_RUNS = 10;

interface Usage {
  bytes: number;
  files: number;
}

export async function disk(options: DiskCommandOptions, output: Output): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const parts = new Map<string, Usage>(HOME_PARTS.map((part) => [part, { bytes: 0, files: 0 }]));
  const byRun = new Map<RunId, Usage>();
  for await (const { part, run, bytes } of homeFiles(home)) {
    for (const usage of [parts.get(part), run && usageOf(byRun, run)]) {
      if (usage === undefined) continue;
      usage.bytes += bytes;
      usage.files += 1;
    }
  }
  const bytes = [...parts.values()].reduce((sum, usage) => sum + usage.bytes, 0);
  const runs = await withRecordsIfAny(home, [], ({ tasks }) => largestRuns(byRun, tasks));
  if (options.json === true) {
    const document = {
      home,
      bytes,
      parts: [...parts].map(([name, usage]) => ({ name, ...usage })),
      runs: runs.map(({ id, run, usage }) => ({
        run: id,
        pipeline: run?.info.pipeline ?? null,
        number: run?.info.number ?? null,
        endedAt: toIsoTimeOrNull(run?.head.endedAt),
        ...usage,
      })),
    };
    await output.write(`${JSON.stringify(document)}\n`);
    return EXIT.completed;
  }
  const { dim } = output.colors;
  const lines = [
    `${home}: ${formatSize(bytes)}`,
    '',
    ...formatTable(
      [...parts],
      [
        { title: 'part', value: ([name]) => name },
        { title: 'size', value: ([, usage]) => formatSize(usage.bytes) },
        { title: 'files', value: ([, usage]) => usage.files.toLocaleString('en-US') },
      ],
      dim,
    ),
  ];
  if (runs.length > 0)
    lines.push(
      '',
      ...formatTable(
        runs,
        [
          { title: 'largest runs', value: ({ id }) => id },
          {
            title: 'pipeline',
            value: ({ run }) => (run === undefined ? 'removed' : runLabel(run)),
          },
          { title: 'size', value: ({ usage }) => formatSize(usage.bytes) },
          { title: 'files', value: ({ usage }) => usage.files.toLocaleString('en-US') },
        ],
        dim,
      ),
    );
  await output.write(`${lines.join('\n')}\n`);
  return EXIT.completed;
}

function usageOf(byRun: Map<RunId, Usage>, run: RunId): Usage {
  const usage = byRun.get(run) ?? { bytes: 0, files: 0 };
  byRun.set(run, usage);
  return usage;
}

interface RunUsage {
  readonly id: RunId;
  readonly run: Run | undefined;
  readonly usage: Usage;
}

async function largestRuns(
  byRun: ReadonlyMap<RunId, Usage>,
  tasks: Pick<HomeRecords['tasks'], 'run'>,
): Promise<readonly RunUsage[]> {
  const largest = [...byRun].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, LARGEST_RUNS);
  return await Promise.all(
    largest.map(async ([id, usage]) => ({ id, usage, run: await tasks.run(id) })),
  );
}

export async function gc(options: GcCommandOptions, output: Output): Promise<ExitCode> {
  const { olderThan, dryRun = false, json = false } = options;
  const home = findHome(options.home, process.cwd());
  const age = ageOf(olderThan);
  const now = Date.now();
  const records = existsSync(home) ? await openRecords(home) : undefined;
  try {
    const { runs, entries, files } =
      records === undefined
        ? { runs: [], entries: [], files: [] }
        : await collectGarbage({
            home,
            store: records,
            objects: createFileObjects(home),
            before: now - age,
            now,
            dryRun,
          });
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (json) {
      await output.write(
        `${JSON.stringify({
          home,
          dryRun,
          runs: runs.map(({ info }) => info.id),
          cacheEntries: entries.length,
          files: files.length,
          bytes,
        })}\n`,
      );
      return EXIT.completed;
    }
    for (const run of runs) await output.write(`${run.info.id} ${runLabel(run)}\n`);
    await output.write(
      `${dryRun ? 'would remove' : 'removed'} ${formatCount(runs.length, 'run')}, ${formatCount(entries.length, 'cached result')} and ${formatCount(files.length, 'file')} (${formatSize(bytes)})\n`,
    );
    return EXIT.completed;
  } finally {
    await records?.close();
  }
}
