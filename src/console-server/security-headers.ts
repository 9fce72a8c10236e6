/**
 * The headers that limit what a page of the console can do, and what other pages can do with it.
 *
 * 1. A page loads scripts, styles and data from its own origin alone. A deployment adds the origins
 *    of its issuer of tokens to those that the page may connect to.
 * 2. No text becomes markup or code: Trusted Types admit one policy, which names the addresses of
 *    workers.
 *
 * @module
 */

/** @param issuerOrigins origins that the page may send requests to, besides its own */
export const contentSecurityPolicy = (issuerOrigins: readonly string[] = []): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...issuerOrigins].join(' ')}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types headrace-worker',
  ].join('; ');

/** Features of browsers that the console does not use. */
const DISABLED_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
];

/** The headers of every answer below `/console/`. */
export const pageHeaders = (
  issuerOrigins?: readonly string[],
): Readonly<Record<string, string>> => ({
  'content-security-policy': contentSecurityPolicy(issuerOrigins),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': DISABLED_FEATURES.map((feature) => `${feature}=()`).join(', '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

/** The headers of an answer that is data: opened as a page, it runs nothing and loads nothing. */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
