/**
 * Explains the spelling of ClearML's methods. Free of Node.js, because step bundles and the
 * evaluator's context contain it, too.
 *
 * @module
 */

/**
 * The object, on which names as in `get_local_copy` throw an error with the name that Headrace has.
 *
 * @__NO_SIDE_EFFECTS__
 */
export function explainSnakeCase<T extends object>(owner: string, methods: T): T {
  for (const name of Object.keys(methods)) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (snake !== name)
      Object.defineProperty(methods, snake, {
        get() {
          throw new TypeError(`there is no ${owner}.${snake}: write ${owner}.${name}`);
        },
      });
  }
  return methods;
}
