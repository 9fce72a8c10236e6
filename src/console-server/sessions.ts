/**
 * One-time codes and the sessions that pages get for them.
 *
 * 1. A code is valid once and for a minute. It travels in the fragment of an address, which a
 *    browser sends to no server.
 * 2. A session lasts until its page ends it, or the process ends. Only a hash of its token is
 *    stored.
 * 3. Wrong codes are counted: too many in a minute, and no code is accepted for the rest of it.
 *
 * @module
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';

export const CODE_LIFETIME_MS = 60_000;
const CODE_BYTES = 24;
const TOKEN_BYTES = 32;
/** Distinguishes the tokens of pages from the tokens of homes. */
export const SESSION_TOKEN_PREFIX = 'hrs_';
const MAX_CODES = 16;
/** The oldest session ends when there is one more. */
const MAX_SESSIONS = 256;
const MAX_WRONG_CODES = 10;
const WRONG_CODES_WINDOW_MS = 60_000;

export type Exchange =
  | { readonly kind: 'opened'; readonly token: string }
  | { readonly kind: 'refused' }
  /** Rule 3. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number };

interface Code {
  readonly hash: Buffer;
  readonly expiresAt: number;
}

export class Sessions {
  readonly #clock: Clock;
  #codes: readonly Code[] = [];
  #tokens: readonly Buffer[] = [];
  #wrongCodes: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  newCode(): string {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    const expiresAt = this.#clock.now() + CODE_LIFETIME_MS;
    this.#codes = [...this.#codes, { hash: hashOf(code), expiresAt }].slice(-MAX_CODES);
    return code;
  }

  /** Opens a session for a code, which is used up. */
  open(code: string): Exchange {
    const now = this.#clock.now();
    this.#wrongCodes = this.#wrongCodes.filter((at) => now - at < WRONG_CODES_WINDOW_MS);
    const [oldest] = this.#wrongCodes;
    if (oldest !== undefined && this.#wrongCodes.length >= MAX_WRONG_CODES)
      return { kind: 'limited', retryAfterMs: oldest + WRONG_CODES_WINDOW_MS - now };
    const hash = hashOf(code);
    const found = this.#codes.filter((each) => timingSafeEqual(each.hash, hash));
    this.#codes = this.#codes.filter((each) => !found.includes(each) && each.expiresAt > now);
    if (!found.some(({ expiresAt }) => expiresAt > now)) {
      this.#wrongCodes = [...this.#wrongCodes, now];
      return { kind: 'refused' };
    }
    const token = `${SESSION_TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    this.#tokens = [...this.#tokens, hashOf(token)].slice(-MAX_SESSIONS);
    return { kind: 'opened', token };
  }

  isOpen(token: string): boolean {
    const hash = hashOf(token);
    return this.#tokens.filter((each) => timingSafeEqual(each, hash)).length > 0;
  }

  close(token: string): void {
    const hash = hashOf(token);
    this.#tokens = this.#tokens.filter((each) => !timingSafeEqual(each, hash));
  }
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
