/**
 * The plots of a run: tables, images and confusion matrices that its steps reported.
 *
 * The plots of one step are in memory at a time, and the content of one plot.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import {
  type MatrixContent,
  matrixContentSchema,
  type TableContent,
  tableContentSchema,
} from '../model/plot-content.ts';
import { isStored } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import type { AttemptPlot } from '../ports/tasks.ts';
import { CallLabels } from './call-labels.ts';
import { type ReportSource, stepPages } from './run-report.ts';
import { originText } from './step-origin.ts';
import type { StepViewModel } from './view-models.ts';

/** The plots of one step, in the order of reporting. */
export interface StepPlots {
  readonly step: StepViewModel;
  /** The step with the arguments that differ: `train_1[lr=0.1]`. */
  readonly label: string;
  /** Where the plots are from, if the step was not executed in this run. */
  readonly origin: string | null;
  readonly plots: readonly AttemptPlot[];
}

/**
 * The steps that have plots, in the order of their calls.
 *
 * @param selected the steps to read; default: all
 * @param attempt default: the last attempt of each step
 */
export async function* stepPlots(
  source: ReportSource,
  run: RunId,
  selected: readonly StepViewModel[] | undefined,
  attempt?: number,
): AsyncGenerator<StepPlots> {
  const labels = new CallLabels();
  for await (const steps of stepPages(source.queries, run))
    for (const step of steps) if (step.status !== 'superseded') labels.add(toLabelled(step));
  for await (const steps of selected === undefined ? stepPages(source.queries, run) : [selected])
    for (const step of steps) {
      // A cached step has no attempts, and the plots of the one that computed its result.
      const counted =
        attempt ?? (step.status === 'cached' ? undefined : step.attempts.at(-1)?.number);
      const plots = (await source.reported.plots(run, step)).filter(
        (plot) => counted === undefined || plot.attempt === counted,
      );
      if (plots.length === 0) continue;
      yield {
        step,
        label: `${step.name}${labels.labelOf(toLabelled(step))}`,
        origin: await originText(source.reported, step),
        plots,
      };
    }
}

const toLabelled = ({ component, arguments: previews }: StepViewModel) => ({
  component,
  arguments: previews ?? [],
});

/** The stored bytes of a plot. @throws ObjectMissingError, ObjectTooLargeError */
export const plotBytes = async (
  objects: Pick<Objects, 'get'>,
  { value, size }: AttemptPlot,
): Promise<Uint8Array> =>
  isStored(value) ? await objects.get(value.key, size) : Buffer.from(value.text);

/**
 * The data of a table or confusion matrix; undefined for an image, and for content that is not what
 * Headrace wrote.
 *
 * @throws ObjectMissingError, ObjectTooLargeError
 */
export async function plotData(
  objects: Pick<Objects, 'get'>,
  plot: AttemptPlot,
): Promise<TableContent | MatrixContent | undefined> {
  if (plot.kind === 'image') return undefined;
  const schema = plot.kind === 'table' ? tableContentSchema : matrixContentSchema;
  return schema.safeParse(parsedJson(await plotBytes(objects, plot))).data;
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
