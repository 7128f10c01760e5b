/** The package as it is shipped: its size, its content, its shape, and its copy in the page. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const root = new URL('../../', import.meta.url).pathname;
const page = join(root, '../../src/Standalone/wwwroot');
const MaxBytes = 6_000;

test('It has at most 6 kB, gzipped', context => {
  const size = gzipSync(readFileSync(join(root, 'dist/index.js')), { level: 9 }).length;
  context.diagnostic(`${size} bytes gzipped`);
  assert.ok(size <= MaxBytes, `${size}`);
});

test('It needs no other package, and packs what it says and no more', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
  const folder = mkdtempSync(join(tmpdir(), 'continue-watching-player-'));
  try {
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root });
    const [tarball] = readdirSync(folder);
    const files = execFileSync('tar', ['tzf', join(folder, tarball!)], { encoding: 'utf8' }).trim().split('\n').sort();
    const declarations = readdirSync(join(root, 'src')).map(file => `package/dist/${file.replace('.ts', '.d.ts')}`);
    assert.deepEqual(files, ['package/README.md', 'package/package.json', 'package/dist/index.js', ...declarations].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('Each file uses only those below it', () => {
  const order = ['types', 'errors', 'clock', 'outbox', 'http', 'sender', 'row', 'tracker', 'client', 'index'];
  assert.deepEqual(readdirSync(join(root, 'src')).sort(), order.map(file => `${file}.ts`).sort());
  for (const [place, file] of order.entries()) {
    const text = readFileSync(join(root, 'src', `${file}.ts`), 'utf8');
    for (const [, used] of text.matchAll(/from '\.\/(\w+)\.js'/g)) assert.ok(order.indexOf(used!) < place, `${file} uses ${used}`);
  }
});

test('The page has the client as it is built here, and hls.js as its package has it', () => {
  assert.equal(readFileSync(join(page, 'player.js'), 'utf8'), readFileSync(join(root, 'dist/index.js'), 'utf8'), 'npm run stage copies it');
  const hls = 'hls.light.min.js';
  assert.ok(readFileSync(join(page, 'vendor', hls)).equals(readFileSync(join(root, 'node_modules/hls.js/dist', hls))));
});
