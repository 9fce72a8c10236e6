/**
 * Labels for the calls of a component: the arguments that differ, as in `train_1[rate=0.1]`.
 *
 * @module
 */
import type { ArgumentPreview } from '../model/argument-previews.ts';

const MAX_LABEL_LENGTH = 50;

interface LabelledCall {
  readonly component: string;
  readonly arguments: readonly ArgumentPreview[];
}

export class CallLabels {
  /** By component and argument: its value, or null if calls have different ones. */
  readonly #values = new Map<string, Map<string, string | null>>();
  readonly #counts = new Map<string, number>();

  constructor(calls: Iterable<LabelledCall> = []) {
    for (const call of calls) this.add(call);
  }

  add({ component, arguments: previews }: LabelledCall): void {
    const values = this.#values.get(component) ?? new Map<string, string | null>();
    this.#values.set(component, values);
    const count = this.#counts.get(component) ?? 0;
    this.#counts.set(component, count + 1);
    for (const { name, value } of previews) {
      const known = values.get(name);
      if (known === undefined) values.set(name, count === 0 ? value : null);
      else if (known !== value) values.set(name, null);
    }
  }

  /** `[rate=0.1]`; empty for the only call, and for calls with equal arguments. */
  labelOf({ component, arguments: previews }: LabelledCall): string {
    if ((this.#counts.get(component) ?? 0) < 2) return '';
    const differing = previews.filter(
      ({ name }) => this.#values.get(component)?.get(name) === null,
    );
    if (differing.length === 0) return '';
    const text = differing.map(({ name, value }) => `${name}=${value}`).join(', ');
    return `[${text.length <= MAX_LABEL_LENGTH ? text : `${text.slice(0, MAX_LABEL_LENGTH - 1)}…`}]`;
  }
}
