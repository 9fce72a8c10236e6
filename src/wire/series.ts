/**
 * Documents of metrics that are reduced to what a chart shows.
 *
 * 1. The minimum and the maximum of each drawn part are kept, so that no peak is lost.
 *
 * @module
 */
import { z } from 'zod';
import { pageSchemaOf, timeSchema } from './values.ts';

const scalarSchema = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

export const scalarSummarySchema = z
  .object({
    title: z.string(),
    series: z.string(),
    call: z
      .int()
      .nullable()
      .meta({ description: 'The call whose step reported it; null: the logic.' }),
    step: z.string().nullable().meta({ description: 'The name of this step; null: the logic.' }),
    count: z.int(),
    last: scalarSchema,
    min: z
      .number()
      .nullable()
      .meta({ description: 'Of the finite values; null if there is none.' }),
    max: z.number().nullable(),
    lastIteration: z.number(),
    minIteration: z.number().nullable(),
    maxIteration: z.number().nullable(),
    lastAt: timeSchema,
  })
  .meta({ id: 'ScalarSummary', description: 'A metric in short.' });
export type ScalarSummary = z.infer<typeof scalarSummarySchema>;

export const seriesSchema = scalarSummarySchema
  .extend({
    selected: z.int().meta({
      description: 'The number of points from `from` to `to`: x and y show these.',
    }),
    exact: z.boolean().meta({ description: 'All points are here: none was reduced.' }),
    x: z.array(z.number()).meta({
      description:
        'Iterations, milliseconds since the first point, or milliseconds since the epoch, as requested; in ascending order.',
    }),
    y: z.array(z.number()).meta({ description: 'A value at each x.' }),
    lo: z.array(z.number()).meta({
      description: 'The minimum of the points that a point stands for; empty if `exact`.',
    }),
    hi: z.array(z.number()).meta({ description: 'The maximum; empty if `exact`.' }),
    nonFinite: z
      .array(z.tuple([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]))
      .meta({ description: 'The x of the first 100 values that are not finite, with each value.' }),
    nonFiniteCount: z.int(),
  })
  .meta({ id: 'Series' });
export type SeriesDocument = z.infer<typeof seriesSchema>;
export const seriesPageSchema = pageSchemaOf(seriesSchema).meta({ id: 'SeriesPage' });
export type SeriesPage = z.infer<typeof seriesPageSchema>;

/** The metrics that calls of a component reported. */
export const metricNamesSchema = z
  .object({
    items: z.array(
      z.object({
        title: z.string(),
        series: z.string(),
        calls: z.int().meta({ description: 'The number of calls of this page that reported it.' }),
      }),
    ),
    next: z.string().nullable().meta({
      description:
        'The cursor of the next page, which is of further calls and may repeat names; null on the last one.',
    }),
  })
  .meta({ id: 'MetricNames' });
export type MetricNames = z.infer<typeof metricNamesSchema>;

/** One metric over the calls of a component, in columns. */
export const memberScalarsSchema = z
  .object({
    title: z.string(),
    series: z.string(),
    calls: z.array(z.int()).meta({
      description:
        'The calls of this page that reported the metric, in ascending order. Columns are indexed by their positions.',
    }),
    last: z.array(scalarSchema.nullable()),
    min: z.array(z.number().nullable()),
    max: z.array(z.number().nullable()),
    next: z.string().nullable(),
  })
  .meta({ id: 'MemberScalars' });
export type MemberScalars = z.infer<typeof memberScalarsSchema>;
