/**
 * The key that no object of a user has. It is in a file of its own, because the logic's context reads
 * it, and has no zod.
 *
 * @module
 */
export const RESERVED_KEY = '__proto__';
