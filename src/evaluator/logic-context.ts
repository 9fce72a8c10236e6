/**
 * A context with a bundle in it.
 *
 * 1. Nothing of the host is reachable from inside: the global has no prototype of the host, and only texts and numbers go in.
 * 2. All code of the context runs under a guard; its microtasks run in `drain` alone.
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
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Errors of the logic have stacks: only for code that the host trusts (see `src/sdk/replay/stack-traces.ts`). */
  readonly stacks: boolean;
  readonly timeoutMs: number;
  /** Commands that the logic may issue at once, without waiting for an event. */
  readonly commandLimit: number;
  readonly watch: Watch;
}

const DRAIN_SCRIPT = new vm.Script('', { filename: 'drain' });

export class LogicContext {
  readonly driver: Driver;
  private readonly context: vm.Context;
  private readonly timeoutMs: number;
  private readonly watch: Watch;

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
    this.watch = watch;
    this.timeoutMs = timeoutMs;
    const global: Record<string, string> = Object.create(null);
    global.__headracePrelude = JSON.stringify({
      seed,
      at,
      stacks: stacks ? BUNDLE_NAME : null,
      commandLimit,
    });
    this.context = vm.createContext(global, {
      microtaskMode: 'afterEvaluate',
      codeGeneration: { strings: false, wasm: false },
    });
    this.driver = this.guard(() => loadLogic(script, this.context));
  }

  /**
   * Runs `work` under the time limit.
   *
   * @throws LogicTimeoutError
   * @throws TamperedContextError if something of the context throws an error of its own
   */
  guard<T>(work: () => T): T {
    return this.watch(this.timeoutMs, () => {
      try {
        return work();
      } catch (thrown) {
        throw thrown instanceof Error
          ? thrown
          : new TamperedContextError('answer', readThrown(thrown).message);
      }
    });
  }

  /** Runs what is ready to run in the context until nothing is. Under a guard. */
  drain(): void {
    DRAIN_SCRIPT.runInContext(this.context);
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

/** Errors of the SDK that a wrong declaration meets: they say all that there is to say. */
const SDK_ERRORS: ReadonlySet<string> = new Set([
  'OptionError',
  'DeclarationError',
  'OutsidePipelineError',
  'NestedPipelineError',
]);
