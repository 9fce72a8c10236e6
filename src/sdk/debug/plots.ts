/**
 * Tables, images and confusion matrices in debug mode: recorded on the step, and printed.
 *
 * @module
 */
import { accuracyLine, matrixTable, tableLines } from '../../model/plot-text.ts';
import type { AnyPlot } from '../plot-data.ts';
import type { CheckedPlot } from '../report-limits.ts';
import type { DebugStep } from './step.ts';

/** A plot that is complete is recorded before the call returns. */
export function addPlot(
  step: DebugStep,
  names: CheckedPlot,
  plot: AnyPlot | Promise<AnyPlot>,
  print: (line: string) => void,
): Promise<void> | undefined {
  const attempt = step.attempts.length;
  if (plot instanceof Promise) return plot.then((image) => add(image));
  add(plot);
  return undefined;

  function add({ bytes, content, ...shape }: AnyPlot): void {
    const { title, series, iteration } = names;
    step.plots.push({
      ...shape,
      title,
      series,
      iteration,
      attempt,
      at: Date.now(),
      size: bytes.byteLength,
      content: content ?? new Uint8Array(bytes),
    });
    const start = `[${step.name}] ${title}/${series} ${iteration}:`;
    if (content === undefined)
      print(`${start} image, ${shape.format}, ${shape.width} × ${shape.height} pixels`);
    else if ('labels' in content)
      print(
        [
          `${start} confusion matrix${accuracyLine(content) === undefined ? '' : `, ${accuracyLine(content)}`}`,
          ...tableLines(matrixTable(content)),
        ].join('\n'),
      );
    else
      print(
        [`${start} table, ${shape.height} × ${shape.width}`, ...tableLines(content)].join('\n'),
      );
  }
}
