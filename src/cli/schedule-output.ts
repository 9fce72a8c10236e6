/**
 * Prints schedules and their firings.
 *
 * @module
 */
import { causeText } from '../model/schedule.ts';
import { formatTable, formatTime } from '../view/format.ts';
import { type HintTarget, hint } from '../view/hints.ts';
import type { Output } from '../view/output.ts';
import type { FiringDocument, ScheduleDocument } from '../wire/schedules.ts';

export async function printSchedules(
  schedules: readonly ScheduleDocument[],
  json: boolean | undefined,
  target: HintTarget,
  output: Output,
): Promise<void> {
  if (json) return await output.write(`${JSON.stringify(schedules)}\n`);
  if (schedules.length === 0)
    return await output.write(
      `no schedules: \`${hint(target, 'schedules', 'add', 'NAME', 'PIPELINE')}\` adds one\n`,
    );
  const lines = formatTable(
    schedules,
    [
      { title: 'schedule', value: ({ spec }) => spec.name },
      { title: 'pipeline', value: pipelineText },
      { title: 'when', value: ({ spec }) => causeText(spec) },
      { title: 'next', value: nextText },
      {
        title: 'last',
        value: ({ firings: [last] }) => (last === undefined ? '–' : lastText(last)),
      },
    ],
    output.colors.dim,
  );
  await output.write(`${lines.join('\n')}\n`);
}

export async function printSchedule(
  schedule: ScheduleDocument,
  json: boolean | undefined,
  output: Output,
): Promise<void> {
  if (json) return await output.write(`${JSON.stringify(schedule)}\n`);
  const { spec, firings, declared } = schedule;
  const rows: [string, string][] = [
    ['schedule', `${spec.name} of project ${spec.project}`],
    ['runs', pipelineText(schedule)],
    ['when', causeText(spec)],
    ['next', nextText(schedule)],
    ['missed', spec.missed === 'once' ? 'the last one starts a run' : 'they start no run'],
    ...Object.entries(spec.args).map(([name, value]): [string, string] => [
      `arg ${name}`,
      JSON.stringify(value),
    ]),
    ...(spec.tags.length === 0 ? [] : [['tags', spec.tags.join(', ')] as [string, string]]),
    ...(declared ? [['declared', 'in the options of the pipeline'] as [string, string]] : []),
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const { dim } = output.colors;
  const head = rows.map(([title, text]) => `${dim(title.padEnd(width))}  ${text}`);
  const table =
    firings.length === 0
      ? ['no firings yet']
      : formatTable(
          firings,
          [
            { title: 'due', value: ({ due }) => due },
            { title: 'status', value: ({ status }) => status },
            { title: 'run', value: ({ run }) => run ?? '–' },
            { title: 'about', value: aboutText },
          ],
          dim,
        );
  await output.write(`${[...head, '', ...table].join('\n')}\n`);
}

const pipelineText = ({ spec }: ScheduleDocument): string =>
  `${spec.project}/${spec.pipeline}@${spec.version ?? 'latest'}`;

const nextText = ({ spec, next }: ScheduleDocument): string =>
  spec.paused ? 'paused' : next === null ? '–' : formatTime(Date.parse(next));

const lastText = ({ status, due }: FiringDocument): string =>
  `${status} ${formatTime(Date.parse(due))}`;

const aboutText = ({ reason, endedRun, object }: FiringDocument): string =>
  [
    ...(endedRun === null ? [] : [`after run ${endedRun}`]),
    ...(object === null ? [] : [object]),
    ...(reason === null ? [] : [reason]),
  ].join('; ');
