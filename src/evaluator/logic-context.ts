/**
 * A `node:vm` context that has loaded a bundle of logic.
 *
 * 1. No object of the host is reachable from the context: its global has no prototype of the host,
 *    and only texts and numbers are passed in.
 * 2. All code of the context runs under a guard. Its microtasks run only in `drain`.
 *
 * @module
 */
import vm from 'node:vm';
import type { Driver } from '../sdk/replay/driver-interface.ts';
import { checkedDriver, readThrown } from './checked-driver.ts';
import { BUNDLE_NAME } from './compile-logic.ts';
import { LogicLoadError, TamperedContextError } from './errors.ts';
import type { Watch } from './guard.ts';
import { containRejections } from './unhandled-rejections.ts';

export interface ContextOptions {
  readonly seed: string;
  /** The start time of the logic's clock, in milliseconds since the epoch. */
  readonly at: number;
  /**
   * Whether errors of the logic have stacks. Only for code that the host trusts (see
   * `src/sdk/replay/stack-traces.ts`).
   */
  readonly stacks: boolean;
  readonly timeoutMs: number;
  /** The most commands that the logic may issue without awaiting an event. */
  readonly commandLimit: number;
  readonly watch: Watch;
}

const DRAIN_SCRIPT = new vm.Script('', { filename: 'drain' });

export class LogicContext {
  readonly driver: Driver;
  readonly #context: vm.Context;
  readonly #timeoutMs: number;
  readonly #watch: Watch;

  /**
   * Evaluates the top level of the bundle.
   *
   * @throws LogicLoadError
   * @throws LogicTimeoutError
   */
  constructor(
    script: vm.Script,
    { seed, at, stacks, timeoutMs, commandLimit, watch }: ContextOptions,
  ) {
    containRejections();
    this.#watch = watch;
    this.#timeoutMs = timeoutMs;
    const global: Record<string, string> = Object.create(null);
    global.__headracePrelude = JSON.stringify({
      seed,
      at,
      stacks: stacks ? BUNDLE_NAME : null,
      commandLimit,
    });
    this.#context = vm.createContext(global, {
      microtaskMode: 'afterEvaluate',
      codeGeneration: { strings: false, wasm: false },
    });
    this.driver = this.guard(() => loadLogic(script, this.#context));
  }

  /**
   * Runs `work` under the time limit.
   *
   * @throws LogicTimeoutError
   * @throws TamperedContextError if code of the context throws its own error
   */
  guard<T>(work: () => T): T {
    return this.#watch(this.#timeoutMs, () => {
      try {
        return work();
      } catch (thrown) {
        throw thrown instanceof Error
          ? thrown
          : new TamperedContextError('answer', readThrown(thrown).message);
      }
    });
  }

  /** Runs the microtasks of the context until none is left. Runs under a guard. */
  drain(): void {
    DRAIN_SCRIPT.runInContext(this.#context);
  }
}

function loadLogic(script: vm.Script, context: vm.Context): Driver {
  let driver: unknown;
  try {
    driver = script.runInContext(context, { displayErrors: false });
  } catch (thrown) {
    const { name, message } = readThrown(thrown);
    if (SDK_ERRORS.has(name)) throw new LogicLoadError(message, name);
    throw new LogicLoadError(
      `the top level of the pipeline's code threw ${name === '' ? 'an error' : name}: ${message}`,
      name,
    );
  }
  return checkedDriver(driver);
}

/** Errors that the SDK throws for a wrong declaration. Their messages need no explanation. */
const SDK_ERRORS: ReadonlySet<string> = new Set([
  'OptionError',
  'DeclarationError',
  'OutsidePipelineError',
  'NestedPipelineError',
]);
