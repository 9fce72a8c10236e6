/**
 * A `node:vm` context that has loaded a bundle of logic.
 *
 * 1. No object of the host is reachable from the context: its global has no prototype of the host,
 *    only texts, numbers and its own objects are passed in, and the host calls it through its
 *    prelude (`context-prelude.ts`).
 * 2. The host reads no property of an object of the context, because that may run code of the
 *    context, anywhere and in the realm of the host.
 * 3. All code of the context runs under a guard. Its microtasks run only in `drain`.
 *
 * @module
 */
import vm from 'node:vm';
import type { SignedCommand } from '../model/history.ts';
import { LOGIC_FILE_NAME } from '../model/source-maps.ts';
import type { Driver } from '../sdk/replay/driver-interface.ts';
import { checkedDriver, readThrown, type ThrownText } from './checked-driver.ts';
import { type ContextPrelude, runPrelude } from './context-prelude.ts';
import { hasError, recordErrorFrames, withErrorFrames } from './error-frames.ts';
import { LogicLoadError, TamperedContextError } from './errors.ts';
import type { Watch } from './guard.ts';
import { isOfHost, RejectedPromises } from './unhandled-rejections.ts';

export interface ContextOptions {
  readonly seed: string;
  /** The start time of the logic's clock, in milliseconds since the epoch. */
  readonly at: number;
  /**
   * Whether errors of the logic have stacks. Only for code that the host trusts (see
   * `context-prelude.ts`).
   */
  readonly stacks: boolean;
  /**
   * Whether the records of errors without stacks have frames. The errors of the whole process take
   * longer then, some microseconds each (see `error-frames.ts`).
   */
  readonly frames: boolean;
  readonly timeoutMs: number;
  /** The most commands that the logic may issue without awaiting an event. */
  readonly commandLimit: number;
  readonly watch: Watch;
}

const DRAIN_SCRIPT = new vm.Script('', { filename: 'drain' });

export class LogicContext {
  readonly driver: Driver;
  readonly rejectedPromises: RejectedPromises;
  readonly #context: vm.Context;
  readonly #prelude: ContextPrelude;
  readonly #timeoutMs: number;
  readonly #watch: Watch;
  readonly #hasFrames: boolean;

  /**
   * Evaluates the top level of the bundle.
   *
   * @throws LogicLoadError
   * @throws LogicTimeoutError
   */
  constructor(
    script: vm.Script,
    { seed, at, stacks, frames, timeoutMs, commandLimit, watch }: ContextOptions,
  ) {
    this.#watch = watch;
    this.#timeoutMs = timeoutMs;
    this.#hasFrames = frames;
    if (frames) recordErrorFrames();
    const global: Record<string, string> = Object.create(null);
    global.__headracePrelude = JSON.stringify({
      seed,
      at,
      stacks: stacks ? LOGIC_FILE_NAME : null,
      commandLimit,
    });
    this.#context = vm.createContext(global, {
      microtaskMode: 'afterEvaluate',
      codeGeneration: { strings: false, wasm: false },
    });
    this.#prelude = runPrelude(this.#context, stacks);
    this.rejectedPromises = new RejectedPromises(this.#prelude.promisePrototype);
    this.driver = this.guard(() => loadLogic(script, this.#context, this.#prelude));
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
        throw isErrorOfHost(thrown)
          ? thrown
          : new TamperedContextError('answer', this.readThrown(thrown).message);
      }
    });
  }

  /** The name and message of a value that the context threw. Runs under a guard. */
  readThrown(thrown: unknown): ThrownText {
    return readThrown(thrown, this.#prelude);
  }

  /** The commands, with stacks for the errors in them. */
  withErrorFrames(commands: readonly SignedCommand[]): readonly SignedCommand[] {
    if (!this.#hasFrames || !commands.some(hasError)) return commands;
    return this.guard(() => withErrorFrames(commands, (number) => this.driver.tracedError(number)));
  }

  /** Runs the microtasks of the context until none is left. Runs under a guard. */
  drain(): void {
    DRAIN_SCRIPT.runInContext(this.#context);
  }
}

const isErrorOfHost = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && isOfHost(thrown, Error.prototype);

function loadLogic(script: vm.Script, context: vm.Context, prelude: ContextPrelude): Driver {
  let driver: unknown;
  try {
    driver = script.runInContext(context, { displayErrors: false });
  } catch (thrown) {
    const { name, message } = readThrown(thrown, prelude);
    if (SDK_ERRORS.has(name)) throw new LogicLoadError(message, name);
    throw new LogicLoadError(
      `the top level of the pipeline's code threw ${name === '' ? 'an error' : name}: ${message}`,
      name,
    );
  }
  return checkedDriver(driver, prelude);
}

/** Errors that the SDK throws for a wrong declaration. Their messages need no explanation. */
const SDK_ERRORS: ReadonlySet<string> = new Set([
  'OptionError',
  'DeclarationError',
  'OutsidePipelineError',
  'NestedPipelineError',
]);
