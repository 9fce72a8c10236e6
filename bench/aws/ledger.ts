/**
 * The ledger of a simulated deployment: every request to every service, with its sender and the
 * quantities that it is charged by.
 *
 * @module
 */
import { dollarsOf, UNITS, type Unit, type Units } from './prices.ts';

export type Service =
  | 'Lambda'
  | 'SQS'
  | 'DynamoDB'
  | 'S3'
  | 'EventBridge'
  | 'API Gateway'
  | 'Batch'
  | 'Scheduler'
  | 'Secrets Manager';

export interface Line {
  readonly service: Service;
  /** The service's name of the request. */
  readonly action: string;
  /** The sender: a function, the runner, or the event source of a function. */
  readonly by: string;
  readonly count: number;
  readonly units: Units;
}

const keyOf = ({ service, action, by }: Pick<Line, 'service' | 'action' | 'by'>): string =>
  `${service} ${action} ${by}`;

export class Ledger {
  readonly #lines = new Map<string, Line>();

  add(service: Service, action: string, by: string, units: Units = {}): void {
    const key = keyOf({ service, action, by });
    const before = this.#lines.get(key);
    this.#lines.set(key, {
      service,
      action,
      by,
      count: (before?.count ?? 0) + 1,
      units: before === undefined ? units : sum(before.units, units, 1),
    });
  }

  /** Returns the current lines; later requests do not change them. */
  statement(): Statement {
    return new Statement([...this.#lines.values()]);
  }
}

/** The lines of a period. */
export class Statement {
  constructor(readonly lines: readonly Line[]) {}

  /** Returns the lines that were added since `before`. */
  since(before: Statement): Statement {
    const earlier = new Map(before.lines.map((line) => [keyOf(line), line]));
    const lines = this.lines.map((line) => {
      const previous = earlier.get(keyOf(line));
      return previous === undefined
        ? line
        : {
            ...line,
            count: line.count - previous.count,
            units: sum(line.units, previous.units, -1),
          };
    });
    return new Statement(lines.filter(({ count }) => count > 0));
  }

  get dollars(): number {
    return this.lines.reduce((total, { units }) => total + dollarsOf(units), 0);
  }

  get requests(): number {
    return this.count(() => true);
  }

  count(isCounted: (line: Line) => boolean): number {
    return this.lines.reduce((total, line) => total + (isCounted(line) ? line.count : 0), 0);
  }

  units(unit: Unit): number {
    return this.lines.reduce((total, line) => total + (line.units[unit] ?? 0), 0);
  }
}

function sum(a: Units, b: Units, sign: 1 | -1): Units {
  const total: Partial<Record<Unit, number>> = { ...a };
  for (const unit of UNITS)
    if (b[unit] !== undefined) total[unit] = (total[unit] ?? 0) + sign * b[unit];
  return total;
}
