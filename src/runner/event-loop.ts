/**
 * Detects that a process has no work left: nothing that the code of a step started can run any
 * more.
 *
 * The event `beforeExit` of Node.js shows that nothing keeps the event loop alive, including the
 * work of native code. Resources that were released with `unref()` do not keep it alive, although
 * they may still call functions. Therefore calls of `unref` are recorded, and undone before the
 * check.
 *
 * @module
 */
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';

/** After more calls of `unref`, the process counts as busy. */
const MAX_RECORDED = 1000;

interface Resource {
  ref(): unknown;
  unref(): unknown;
}

export interface EventLoopWatch {
  /** Resolves to true when no work is left, and to false if some is left after the time. */
  waitUntilEmpty(timeoutMs: number): Promise<boolean>;
}

/** Records calls of `unref` from now on. It changes the classes of Node.js and is called once. */
export function watchEventLoop(): EventLoopWatch {
  const unreferenced = new Set<Resource>();
  let tooMany = false;
  for (const prototype of resourcePrototypes()) {
    const { unref } = prototype;
    prototype.unref = function (this: Resource) {
      if (unreferenced.size < MAX_RECORDED) unreferenced.add(this);
      else tooMany = true;
      return unref.call(this);
    };
  }
  return {
    async waitUntilEmpty(timeoutMs) {
      if (tooMany) return false;
      for (const resource of unreferenced) resource.ref();
      const isEmpty = await emptied(timeoutMs);
      unreferenced.clear();
      return isEmpty;
    },
  };
}

function emptied(timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const onEmpty = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      process.off('beforeExit', onEmpty);
      resolve(false);
    }, timeoutMs);
    timer.unref();
    process.once('beforeExit', onEmpty);
  });
}

function resourcePrototypes(): readonly Resource[] {
  const timer = setTimeout(() => undefined, 0);
  clearTimeout(timer);
  const immediate = setImmediate(() => undefined);
  clearImmediate(immediate);
  const { Server, Socket } = process.getBuiltinModule('node:net');
  const { ChildProcess } = process.getBuiltinModule('node:child_process');
  const { Socket: DatagramSocket } = process.getBuiltinModule('node:dgram');
  const { MessagePort, Worker } = process.getBuiltinModule('node:worker_threads');
  return [
    Object.getPrototypeOf(timer),
    Object.getPrototypeOf(immediate),
    Socket.prototype,
    Server.prototype,
    ChildProcess.prototype,
    DatagramSocket.prototype,
    MessagePort.prototype,
    Worker.prototype,
  ];
}
