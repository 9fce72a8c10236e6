/**
 * Prints registered models and their versions.
 *
 * @module
 */
import type { ModelVersion } from '../model/model-version.ts';
import type { ModelSummary } from '../ports/model-registry.ts';
import type { ShownModelUse } from '../ports/shown-model-use.ts';
import { clip, formatSize, formatTable, formatTime } from '../view/format.ts';
import { type HintTarget, hint } from '../view/hints.ts';
import type { Output } from '../view/output.ts';

export interface ListedUses {
  readonly uses: readonly ShownModelUse[];
  readonly moreUses: boolean;
}

const MAX_SHOWN_METRICS = 20;
/** Without `--json`. */
export const MAX_SHOWN_USES = 10;

export async function printModelSummaries(
  models: readonly ModelSummary[],
  json: boolean | undefined,
  target: HintTarget,
  output: Output,
): Promise<void> {
  if (json) return await output.write(`${JSON.stringify(models)}\n`);
  if (models.length === 0)
    return await output.write(
      `no registered models: \`${hint(target, 'models', 'publish', 'RUN', 'MODEL')}\` registers a model of a run\n`,
    );
  const lines = formatTable(
    models,
    [
      { title: 'project', value: ({ project }) => project },
      { title: 'model', value: ({ name }) => name },
      { title: 'latest', value: ({ latest }) => String(latest) },
      {
        title: 'published',
        value: ({ published }) => (published === null ? '–' : String(published)),
      },
    ],
    output.colors.dim,
  );
  await output.write(`${lines.join('\n')}\n`);
}

export async function printModelVersions(
  versions: readonly ModelVersion[],
  json: boolean | undefined,
  output: Output,
): Promise<void> {
  if (json) return await output.write(`${JSON.stringify(versions)}\n`);
  const { dim } = output.colors;
  const lines = formatTable(
    versions,
    [
      { title: 'version', value: ({ version }) => String(version) },
      { title: 'published', value: publishedText },
      { title: 'size', value: ({ value }) => formatSize(value.size) },
      { title: 'source', value: sourceText },
      { title: 'tags', value: ({ tags }) => tags.join(', '), paint: dim },
      { title: 'metrics', value: ({ metrics }) => clip(metricTexts(metrics).join(', '), 80) },
    ],
    dim,
  );
  await output.write(`${lines.join('\n')}\n`);
}

export async function printModelVersion(
  version: ModelVersion,
  used: ListedUses,
  json: boolean | undefined,
  target: HintTarget,
  output: Output,
): Promise<void> {
  if (json) return await output.write(`${JSON.stringify({ ...version, ...used })}\n`);
  const { source, value, metrics } = version;
  const { step } = source;
  const metricLines = metricTexts(metrics);
  const rows: [string, string][] = [
    ['model', `${version.name}@${version.version} of project ${version.project}`],
    ['published', publishedText(version)],
    ['tags', version.tags.join(', ') || '–'],
    ['framework', version.framework ?? '–'],
    ['file', `${value.name ?? value.format} (${formatSize(value.size)}, sha256 ${value.hash})`],
    ['run', `${source.pipeline}#${source.number} ${source.run}`],
    ['step', step === null ? '–' : `${step.name}, attempt ${step.attempt}`],
    [
      'arguments',
      step?.arguments.map(({ name, value: text }) => `${name}=${text}`).join(', ') || '–',
    ],
    ['code', `version ${source.pipelineVersion}, ${step?.codeHash ?? source.codeHash}`],
    ['metadata', version.metadata === null ? '–' : JSON.stringify(version.metadata)],
    ['metrics', metricLines.slice(0, MAX_SHOWN_METRICS).join(', ') || '–'],
    ...useRows(used),
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const lines = rows.map(([title, text]) => `${output.colors.dim(title.padEnd(width))}  ${text}`);
  const fetch = hint(
    target,
    'models',
    'get',
    `${version.project}/${version.name}@${version.version}`,
    '-o',
    value.name ?? version.name,
  );
  await output.write(`${lines.join('\n')}\n\nfetch it with \`${fetch}\`\n`);
}

function useRows({ uses, moreUses }: ListedUses): [string, string][] {
  const texts = [...uses.map(useText), ...(moreUses ? ['more runs: `--json` lists them'] : [])];
  return (texts.length === 0 ? ['–'] : texts).map((text, n) => [n === 0 ? 'used by' : '', text]);
}

const useText = ({ pipeline, number, status, receivers, run, usedAt }: ShownModelUse): string =>
  [
    `${pipeline}#${number} ${run} ${status}`,
    receivers.length === 0 ? '' : `: ${receivers.join(', ')}`,
    usedAt === null ? '' : ` (${formatTime(usedAt)})`,
  ].join('');

const publishedText = ({ publishedAt }: ModelVersion): string =>
  publishedAt === null ? '–' : formatTime(publishedAt);

const sourceText = ({ source: { pipeline, number, step } }: ModelVersion): string =>
  `${pipeline}#${number}${step === null ? '' : ` ${step.name}`}`;

const metricTexts = (metrics: ModelVersion['metrics']): readonly string[] =>
  metrics.map(({ title, series, value }) =>
    title === series ? `${title} ${value}` : `${title}/${series} ${value}`,
  );
