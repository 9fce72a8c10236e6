/**
 * The default image of steps, which also holds the runner for images of users.
 *
 * It is built from `runner/Dockerfile` when the stack is deployed, or comes from a registry.
 * Synthesis needs no Docker in either case.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import type { Configuration } from './config.ts';

/** In the package, beside `dist/cdk.js`; in the repository, relative to `lib`. */
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
    'the runner, from which the image is built, is missing: run node scripts/runner.mjs, or name an image of a registry (image: { uri })',
  );
}
