/** JSON data, and nothing else. */
import { z } from 'zod';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const jsonSchema: z.ZodType<Json> = z.json() as z.ZodType<Json>;
