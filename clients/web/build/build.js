// Builds dist/: one minified module by esbuild, and the types by tsc. With --stage it and hls.js are copied to the page of src/Standalone.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
process.chdir(root.pathname);
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  charset: 'utf8',
});
execFileSync('node_modules/.bin/tsc', ['-p', '.'], { stdio: 'inherit' });

if (process.argv.includes('--stage')) {
  const page = '../../src/Standalone/wwwroot';
  mkdirSync(`${page}/vendor`, { recursive: true });
  copyFileSync('dist/index.js', `${page}/player.js`);
  copyFileSync('node_modules/hls.js/dist/hls.light.min.js', `${page}/vendor/hls.light.min.js`);
  copyFileSync('node_modules/hls.js/LICENSE', `${page}/vendor/hls.LICENSE`);
}
