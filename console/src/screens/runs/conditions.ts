/**
 * Conditions on parameters and metrics of runs, as `loss<0.2`. The API has no index of them: they are
 * checked for the runs that are loaded.
 *
 * @module
 */
import type { RunSummary } from '../../../../src/wire/runs.ts';

const OPERATORS = ['<=', '>=', '!=', '<', '>', '='] as const;
type Operator = (typeof OPERATORS)[number];

export interface Condition {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

/** `loss<0.2`; undefined for another text. */
export function parseCondition(text: string): Condition | undefined {
  const match = /^([^\s<>=!:]+)(<=|>=|!=|<|>|=)(\S+)$/.exec(text);
  if (match === null) return undefined;
  const [, name = '', symbol, value = ''] = match;
  const operator = OPERATORS.find((each) => each === symbol);
  return operator === undefined ? undefined : { name, operator, value };
}

export const conditionText = ({ name, operator, value }: Condition): string =>
  `${name}${operator}${value}`;

/**
 * The value of a run's parameter or metric by its name. A metric is named by its title and series,
 * as `loss/train`, or by its title if the series is not in doubt.
 */
export function namedValue(run: RunSummary, name: string): unknown {
  const argument = run.args?.[name];
  if (argument !== undefined) return argument;
  const scalars = run.scalars ?? [];
  const found =
    scalars.find(({ title, series }) => `${title}/${series}` === name) ??
    scalars.find(({ title }) => title === name);
  return found?.last;
}

/** Whether a run fulfils the condition. One without the value does not. */
export function fulfils(run: RunSummary, { name, operator, value }: Condition): boolean {
  const actual = namedValue(run, name);
  if (actual === undefined || actual === null) return false;
  const [a, b] = [Number(actual), Number(value)];
  if (operator === '=' || operator === '!=') {
    const isEqual =
      typeof actual === 'number' && !Number.isNaN(b) ? a === b : textOf(actual) === value;
    return isEqual === (operator === '=');
  }
  // A comparison with NaN is never true.
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
