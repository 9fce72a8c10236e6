/**
 * The graph of a run, or of a pipeline without one: its steps with their states, and the steps on
 * which each depends. As text, in
 * the language of Mermaid, or in that of Graphviz (DOT).
 *
 * @module
 */
import type { Output } from '../view/output.ts';
import { paintStatus } from '../view/status-style.ts';
import type { PrintedRun, PrintedStep } from '../wire/printed.ts';

export type GraphFormat = 'text' | 'mermaid' | 'dot';

/** `planned`: of a graph without a run. */
export interface GraphStep extends Pick<PrintedStep, 'name' | 'parents'> {
  readonly childRun?: PrintedStep['childRun'];
  readonly status: PrintedStep['status'] | 'planned';
}

interface Graph {
  /** `iris#7` */
  readonly title: string;
  readonly status: PrintedRun['status'] | 'planned';
  readonly steps: readonly GraphStep[];
}

export function graphText(run: PrintedRun, format: GraphFormat, colors: Output['colors']): string {
  const steps = run.steps.filter(({ status }) => status !== 'superseded');
  return drawGraph(
    { title: `${run.pipeline}#${run.number}`, status: run.status, steps },
    format,
    colors,
  );
}

export function drawGraph(graph: Graph, format: GraphFormat, colors: Output['colors']): string {
  if (format === 'mermaid') return mermaid(graph.steps);
  if (format === 'dot') return dot(graph);
  return text(graph, colors);
}

const painted = (
  status: Graph['status'] | GraphStep['status'],
  colors: Output['colors'],
): string => (status === 'planned' ? colors.dim(status) : paintStatus(status, status, colors));

/** The run that a step started. */
const childLabel = ({ pipeline, number }: NonNullable<PrintedStep['childRun']>): string =>
  `${pipeline}#${number}`;

/** Steps by depth: a step stands below all steps on which it depends, and names them. */
function text({ title, status: whole, steps }: Graph, colors: Output['colors']): string {
  const depths = depthsOf(steps);
  const ordered = steps
    .map((step, index) => ({ step, index, depth: depths.get(step.name) ?? 0 }))
    .sort((a, b) => a.depth - b.depth || a.index - b.index);
  const lines = ordered.map(
    ({ step: { name, status, parents, childRun }, depth }) =>
      `${'  '.repeat(depth)}${depth === 0 ? '' : '└ '}${name} ${childRun == null ? '' : `${childLabel(childRun)} `}${painted(status, colors)}${parents.length === 0 ? '' : colors.dim(` ← ${parents.join(', ')}`)}`,
  );
  return [`${title} ${painted(whole, colors)}`, ...lines].join('\n').concat('\n');
}

/** The number of steps on the longest path to each step. Parents come before their children. */
function depthsOf(steps: readonly GraphStep[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const { name, parents } of steps)
    depths.set(
      name,
      parents.reduce((depth, parent) => Math.max(depth, (depths.get(parent) ?? -1) + 1), 0),
    );
  return depths;
}

function mermaid(steps: readonly GraphStep[]): string {
  const idOf = idsOf(steps);
  // Quotes and angle brackets have a meaning in labels.
  const escaped = (label: string): string =>
    label.replace(/[&"<>#;`]/g, (character) => `#${character.charCodeAt(0)};`);
  return `${[
    'flowchart TD',
    ...steps.map(
      ({ name, status, childRun }) =>
        `  ${idOf(name)}["${escaped(name)}<br/>${childRun == null ? '' : `${escaped(childLabel(childRun))} `}${status}"]`,
    ),
    ...edges(steps).map(([parent, child]) => `  ${idOf(parent)} --> ${idOf(child)}`),
  ].join('\n')}\n`;
}

function dot({ title, steps }: Graph): string {
  const quoted = (label: string): string =>
    `"${label.replace(/[\\"]/g, (character) => `\\${character}`)}"`;
  return `${[
    `digraph ${quoted(title)} {`,
    '  node [shape=box];',
    ...steps.map(
      ({ name, status, childRun }) =>
        `  ${quoted(name)} [label=${quoted(`${name} (${childRun == null ? '' : `${childLabel(childRun)} `}${status})`)}];`,
    ),
    ...edges(steps).map(([parent, child]) => `  ${quoted(parent)} -> ${quoted(child)};`),
    '}',
  ].join('\n')}\n`;
}

const edges = (steps: readonly GraphStep[]): (readonly [string, string])[] =>
  steps.flatMap(({ name, parents }) => parents.map((parent) => [parent, name] as const));

/** Names may have characters that an id may not have. */
function idsOf(steps: readonly GraphStep[]): (name: string) => string {
  const ids = new Map(steps.map(({ name }, index) => [name, `s${index}`]));
  return (name) => ids.get(name) ?? 'unknown';
}
