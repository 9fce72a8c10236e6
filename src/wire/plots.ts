/**
 * Documents of plots: tables, images and confusion matrices that steps reported.
 *
 * @module
 */
import { z } from 'zod';
import { PLOT_FORMATS, PLOT_KINDS } from '../model/artifacts.ts';
import { contentSchema, pageSchemaOf, timeSchema } from './values.ts';

export const plotDocumentSchema = z
  .object({
    attempt: z.int().meta({ description: 'The attempt that reported it.' }),
    kind: z.enum(PLOT_KINDS),
    title: z.string(),
    series: z.string(),
    iteration: z.number(),
    format: z.enum(PLOT_FORMATS).meta({
      description:
        'The encoding of the content. JSON of a table is `{ columns: [{ name, type }], rows: [[cell]] }`, where a cell is text, a number, a boolean or null; NaN, infinities and times are text. JSON of a confusion matrix is `{ labels, counts }`, with `counts[i][j]` for label i classified as label j.',
    }),
    width: z.int().meta({
      description: 'Columns of a table, labels of a confusion matrix, pixels of an image.',
    }),
    height: z.int().meta({
      description: 'Rows of a table, labels of a confusion matrix, pixels of an image.',
    }),
    size: z.int().meta({ description: 'Bytes of the content.' }),
    content: contentSchema,
    at: timeSchema,
  })
  .meta({ id: 'Plot', description: 'A table, an image or a confusion matrix.' });
export type PlotDocument = z.infer<typeof plotDocumentSchema>;
export const plotPageSchema = pageSchemaOf(plotDocumentSchema).meta({ id: 'PlotPage' });

export const runPlotPageSchema = pageSchemaOf(
  plotDocumentSchema
    .extend({ call: z.int().meta({ description: 'The step that reported it.' }), step: z.string() })
    .meta({ id: 'RunPlot', description: 'A plot, with its step.' }),
).meta({ id: 'RunPlotPage' });
