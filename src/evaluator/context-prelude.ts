/**
 * The code that the host runs in each context before the bundle, and through which it calls the
 * bundle. A bundle is written by the user who uploads it, and can leave out anything that the
 * replay SDK does.
 *
 * 1. No function of the host is called from the context. Near a stack overflow, such a function
 *    throws an error of the host, through which code could leave the context. Therefore the engine
 *    records no stacks, which a function of the host formats, and classes that call the host
 *    (WebAssembly, finalizers) are removed. `import()` is replaced before (`compile-logic.ts`).
 * 2. No object of the host reaches the context. The trap of a proxy would receive the arguments of
 *    a call as an array of the caller: the host calls the bundle through a function of the context,
 *    and proxies copy such arrays, wherever Node.js itself touches an object of the context.
 * 3. The prelude uses nothing that the bundle can replace.
 *
 * @module
 */
import vm from 'node:vm';

/** What the prelude returns to the host. Results of methods are untrusted. */
export interface ContextPrelude {
  /** The method, called without `this`; undefined if there is none. */
  methodOf(object: unknown, name: string): ContextMethod | undefined;
  /** The property of an object, if it is a text that can be read. */
  textOf(object: object, name: string): string | undefined;
  /** `Promise.prototype` of the context. */
  readonly promisePrototype: object;
}

/** An object of the context may be passed back to it, so that `a` may be any value (2). */
export type ContextMethod<T = unknown> = (
  a?: unknown,
  b?: string | number,
  c?: string | number,
  d?: string | number,
) => T;

const SOURCE = `(function (stacks) {
  'use strict';
  const { apply, defineProperty, deleteProperty } = Reflect;
  const NativeProxy = Proxy;
  const { revocable } = Proxy;

  // For the engine an accessor is not a number, so it captures no stack. Assignments, which some
  // packages make, are ignored.
  if (!stacks) defineProperty(Error, 'stackTraceLimit', {
    __proto__: null, get: () => 0, set: () => undefined, configurable: false,
  });

  deleteProperty(globalThis, 'WebAssembly');
  deleteProperty(globalThis, 'WeakRef');
  deleteProperty(globalThis, 'FinalizationRegistry');
  deleteProperty(globalThis, 'ShadowRealm');
  deleteProperty(globalThis, 'console');
  deleteProperty(Atomics, 'wait');
  deleteProperty(Atomics, 'waitAsync');

  const define = (object, key, value, enumerable) => defineProperty(object, key, {
    __proto__: null, value, enumerable, writable: true, configurable: true,
  });
  const copyList = (list) => {
    const copy = [];
    for (let index = 0; index < list.length; index++) define(copy, index, list[index], true);
    return copy;
  };
  const copyDescriptor = (descriptor) => {
    const copy = {};
    for (const key in descriptor) define(copy, key, descriptor[key], true);
    return copy;
  };
  const containedTrap = (handler, name, trap) => {
    switch (name) {
      case 'apply':
        return (target, self, list) => apply(trap, handler, [target, self, copyList(list)]);
      case 'construct':
        return (target, list, type) => apply(trap, handler, [target, copyList(list), type]);
      case 'defineProperty':
        return (target, key, descriptor) =>
          apply(trap, handler, [target, key, copyDescriptor(descriptor)]);
      default:
        return (a, b, c, d) => apply(trap, handler, [a, b, c, d]);
    }
  };
  const contained = (handler) => new NativeProxy(handler, {
    __proto__: null,
    get(_, name) {
      const trap = handler[name];
      return typeof trap === 'function' ? containedTrap(handler, name, trap) : trap;
    },
  });
  define(NativeProxy, 'revocable', (target, handler) => revocable(target, contained(handler)), false);
  define(globalThis, 'Proxy', new NativeProxy(NativeProxy, {
    __proto__: null,
    construct: (_, list) => new NativeProxy(list[0], contained(list[1])),
  }), false);

  return {
    __proto__: null,
    promisePrototype: Promise.prototype,
    methodOf(object, name) {
      const method = object[name];
      return typeof method === 'function' ? (a, b, c, d) => method(a, b, c, d) : undefined;
    },
    textOf(object, name) {
      try {
        const text = object[name];
        return typeof text === 'string' ? text : undefined;
      } catch {
        return undefined;
      }
    },
  };
})`;

const script = new vm.Script(SOURCE, { filename: 'prelude' });

/**
 * Runs the prelude in a new context.
 *
 * @param stacks whether errors have stacks: for code that this process trusts
 */
export function runPrelude(context: vm.Context, stacks: boolean): ContextPrelude {
  return script.runInContext(context)(stacks);
}
