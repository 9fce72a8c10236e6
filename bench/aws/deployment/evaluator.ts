/**
 * The evaluator's function in memory: its service, with each invocation counted.
 *
 * @module
 */
import {
  createEvaluationService,
  type EvaluationService,
} from '../../../src/aws/evaluator/evaluation-service.ts';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import type { Ledger } from '../ledger.ts';
import { invocation } from '../prices.ts';
import { EVALUATOR_MEMORY_GB } from './functions.ts';
import { NOMINAL_MS } from './nominal.ts';

export class CountedEvaluator {
  /** Whether each evaluation runs on a new instance. */
  isCold = false;
  readonly #ledger: Ledger;
  #service: EvaluationService | undefined;
  #isBusy = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether an evaluation runs: then requests are its own. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** @param payload the request as the function receives it; the result is its answer */
  async invoke(payload: Uint8Array): Promise<Buffer> {
    const request = JSON.parse(Buffer.from(payload).toString());
    if (this.isCold && request.kind === 'evaluate' && request.cold === undefined)
      this.#service = undefined;
    this.#service ??= createEvaluationService((sources) => createEvaluator(sources));
    this.#ledger.add(
      'Lambda',
      'invocation',
      'evaluator',
      invocation(NOMINAL_MS.evaluation, EVALUATOR_MEMORY_GB),
    );
    this.#isBusy = true;
    const reply = await this.#service.handle(request).finally(() => {
      this.#isBusy = false;
    });
    return Buffer.from(JSON.stringify(reply));
  }
}
