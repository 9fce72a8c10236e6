/**
 * The part of a step's logger that reports plots. The runner and debug mode share it.
 *
 * The names are checked, and the data of a table or matrix is encoded, before a method returns. An
 * error rejects the returned promise, as with uploads.
 *
 * @module
 */
import { type AnyPlot, matrixPlot, tablePlot } from './plot-data.ts';
import { imagePlot } from './plot-image.ts';
import type { StepLogger } from './plot-types.ts';
import type { CheckedPlot, ReportLimits } from './report-limits.ts';

export type PlotLogger = Pick<StepLogger, 'reportTable' | 'reportImage' | 'reportConfusionMatrix'>;

/** @param store stores and records the plot */
export const plotLogger = (
  limits: ReportLimits,
  store: (checked: CheckedPlot, plot: AnyPlot | Promise<AnyPlot>) => Promise<void> | undefined,
): PlotLogger => ({
  async reportTable(title, series, table, iteration = 0) {
    const checked = limits.plot('reportTable', title, series, iteration);
    await store(checked, tablePlot(checked.call, table));
  },
  async reportImage(title, series, image, iteration = 0) {
    const checked = limits.plot('reportImage', title, series, iteration);
    await store(checked, imagePlot(checked.call, image));
  },
  async reportConfusionMatrix(title, series, matrix, iteration = 0) {
    const checked = limits.plot('reportConfusionMatrix', title, series, iteration);
    await store(checked, matrixPlot(checked.call, matrix));
  },
});
