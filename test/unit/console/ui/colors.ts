/**
 * Contrast of WCAG, simulated colour blindness, and distances of colours in CIE Lab.
 *
 * @module
 */

export const STATUSES = [
  'pending',
  'queued',
  'running',
  'completed',
  'cached',
  'failed',
  'aborted',
  'skipped',
  'superseded',
] as const;

/** Linear red, green and blue from 0 to 1. */
type Linear = readonly [number, number, number];

function linearOf(hex: string): Linear {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const dot = ([a, b, c]: Linear, [x, y, z]: Linear): number => a * x + b * y + c * z;

const LUMINANCE: Linear = [0.2126, 0.7152, 0.0722];

/** The contrast of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [dot(LUMINANCE, linearOf(one)), dot(LUMINANCE, linearOf(other))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

type Matrix = readonly [Linear, Linear, Linear];
const apply = ([r, g, b]: Matrix, color: Linear): Linear => [
  dot(r, color),
  dot(g, color),
  dot(b, color),
];

/**
 * Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
 * Deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6), 2009: the matrices of
 * severity 1, for linear colours.
 */
const VISIONS = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const satisfies Readonly<Record<string, Matrix>>;

export const VISION_NAMES = ['none', 'deuteranopia', 'protanopia', 'tritanopia'] as const;

/** The colour as it is seen. */
export const simulate = (hex: string, vision: keyof typeof VISIONS): Linear =>
  apply(VISIONS[vision], linearOf(hex));

const TO_XYZ: Matrix = [
  [0.4124, 0.3576, 0.1805],
  [0.2126, 0.7152, 0.0722],
  [0.0193, 0.1192, 0.9505],
];

function labOf(color: Linear): Linear {
  const [x, y, z] = apply(TO_XYZ, color);
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [fx, fy, fz] = [f(x / 0.95047), f(y), f(z / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** The distance of two colours (CIE 1976). */
export function colorDistance(one: Linear | undefined, other: Linear | undefined): number {
  if (one === undefined || other === undefined) return 0;
  const [a, b] = [labOf(one), labOf(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
