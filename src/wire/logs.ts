/**
 * Documents of logs: the output of an attempt, and the merged log of a run.
 *
 * 1. A line has a position that does not change, so that a link to the line works. It belongs to
 *    the log of its attempt, or to the log of its run.
 * 2. A page is in the order of the log, whatever the direction in which it was read.
 *
 * @module
 */
import { z } from 'zod';
import { LOG_LEVELS } from '../model/log-levels.ts';
import { timeSchema } from './values.ts';

export const logLevelSchema = z.enum(LOG_LEVELS).meta({
  id: 'LogLevel',
  description: 'From the least severe to the most severe.',
});

/** Parts that pages of all logs have. */
const pageFields = {
  next: z.string().meta({
    description:
      'The cursor of the lines after this page. It is always present, so that a log can be followed.',
  }),
  previous: z.string().nullable().default(null).meta({
    description:
      'The cursor of the lines before this page, for `direction=backward`; null: no lines are before it.',
  }),
  hasMore: z.boolean().meta({
    description:
      'More lines exist now in the direction of reading. With `search` or `level`: the log is not read to its end yet, also if this page has no line.',
  }),
  complete: z.boolean().meta({ description: 'No more lines will be written to this log.' }),
};

export const logLineSchema = z
  .object({
    position: z.string().default('').meta({
      description: 'Identifies the line in the log of its attempt: `?position=` reads from there.',
    }),
    at: timeSchema.nullable().meta({ description: 'Null if the store has no times.' }),
    text: z.string(),
    level: logLevelSchema.optional().meta({
      description:
        'The level, if the line has one: the field `level`, `severity`, `levelname` or `lvl` of a JSON object, or a word at the start of the line. Absent otherwise.',
    }),
    continues: z.literal(true).optional().meta({
      description:
        'The next line continues this one: a very long line is split. It is absent otherwise.',
    }),
  })
  .meta({ id: 'LogLine' });
export type LogLineDocument = z.infer<typeof logLineSchema>;

export const logPageSchema = z
  .object({
    lines: z.array(logLineSchema),
    ...pageFields,
    size: z
      .int()
      .nullable()
      .default(null)
      .meta({ description: 'The bytes of the log now; null if the store does not count them.' }),
  })
  .meta({ id: 'LogPage' });
export type LogPageDocument = z.infer<typeof logPageSchema>;

export const runLogLineSchema = z
  .object({
    position: z.string().meta({ description: 'Identifies the line in the log of its run.' }),
    at: timeSchema,
    call: z.int().nullable().meta({
      description: 'The call of the step that reported the line; null: the logic or a callback.',
    }),
    attempt: z.int().nullable(),
    text: z.string(),
    level: logLevelSchema.optional(),
  })
  .meta({ id: 'RunLogLine' });
export type RunLogLineDocument = z.infer<typeof runLogLineSchema>;

export const runLogPageSchema = z
  .object({
    lines: z.array(runLogLineSchema),
    ...pageFields,
    omittedCalls: z.int().meta({
      description:
        'The number of calls whose lines are not in this log, because the run has very many: the last ones, in AWS those after the first 500. /texts of a step has them.',
    }),
  })
  .meta({
    id: 'RunLogPage',
    description:
      'Lines of the logic, its callbacks and `logger.reportText`, by time. A report arrives up to some seconds after its lines were written.',
  });
export type RunLogPageDocument = z.infer<typeof runLogPageSchema>;
