/** `headrace runs show` */
import { EXIT, type ExitCode } from '../exit.ts';
import { formatTime } from '../format.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { HomeOption, JsonOption } from '../program.ts';
import { openRecords } from '../records.ts';
import { runDocument } from '../report.ts';
import { selectRun } from '../select.ts';
import { summarise } from '../summary.ts';

export async function show(text: string, options: HomeOption & JsonOption, output: Output): Promise<ExitCode> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    const run = await selectRun(records, text);
    if (options.json) {
      for await (const part of runDocument(records, run)) await output.write(part);
      return EXIT.completed;
    }
    const { info, head } = run;
    const facts = [
      `project ${info.project}, version ${info.version}, created ${formatTime(info.createdAt)}`,
      ...(info.rerunOf === null ? [] : [`rerun of ${info.rerunOf}`]),
      ...(head.tags.length === 0 ? [] : [`tags ${head.tags.join(', ')}`]),
      ...Object.entries(info.args).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
      '',
    ];
    await output.write(`${[...facts, ...(await summarise(records, run, output.colors))].join('\n')}\n`);
    return EXIT.completed;
  } finally {
    await records.close();
  }
}
