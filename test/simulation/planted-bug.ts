/**
 * A bug that is planted between a controller and its ports.
 *
 * @module
 */
import type { Sabotage } from './simulated-world.ts';

export interface PlantedBug {
  readonly name: string;
  /** One of these rules must be violated. */
  readonly rules: readonly string[];
  readonly plant: Sabotage;
}

/** The port with some of its methods replaced. */
export function withMethods<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get: (target, key) => Reflect.get(methods, key) ?? Reflect.get(target, key),
  });
}
