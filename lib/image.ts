/**
 * The image of steps that name none, which also holds the runner for the images of users.
 *
 * Built at deploy from `runner/Dockerfile`, or one that is in a registry already: synthesis asks for no Docker either way.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import type { Configuration } from './config.ts';

/** Beside `dist/cdk.js` in the package; in the repository this module is in `lib`. */
const CANDIDATE_FOLDERS = ['./runner/', '../dist/runner/'];

export function stepImage(scope: Construct, { image, architecture }: Configuration): string {
  const platform = architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
  if ('uri' in image) return image.uri;
  for (const candidate of CANDIDATE_FOLDERS) {
    const directory = fileURLToPath(new URL(candidate, import.meta.url));
    if (existsSync(`${directory}Dockerfile`))
      return new DockerImageAsset(scope, 'Image', { directory, platform }).imageUri;
  }
  throw new Error(
    'the runner that the image is built from is missing: run node scripts/runner.mjs, or name an image of a registry (image: { uri })',
  );
}
