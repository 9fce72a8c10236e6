/**
 * Stops the evaluator's function after the last test of a file.
 *
 * @module
 */
import { afterAll } from 'vitest';
import { stopComparison } from './both-evaluators.ts';

afterAll(stopComparison);
