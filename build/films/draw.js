// Draws the films of the page and encodes them, as H.264 and VP9, one as HLS; and their posters. Needs ffmpeg with libx264 and libvpx.
//
//   npm ci && npm run draw [name…]
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { films, overlay } from './scenes.js';

const [width, height, rate] = [640, 360, 24];
// Posters are shown as large as a television.
const sharper = 1.5;
const out = new URL('../../src/Standalone/wwwroot/films/', import.meta.url).pathname;
// A picture to start from every two seconds: a jump is quick, and ends at its very frame.
const h264 = ['-c:v', 'libx264', '-profile:v', 'main', '-preset', 'medium', '-tune', 'animation', '-crf', '31', '-g', '48', '-pix_fmt', 'yuv420p'];
const vp9 = ['-c:v', 'libvpx-vp9', '-crf', '46', '-b:v', '0', '-g', '48', '-deadline', 'good', '-cpu-used', '5', '-row-mt', '1', '-pix_fmt', 'yuv420p'];

GlobalFonts.loadFontsFromDir('/usr/share/fonts/truetype/liberation');
mkdirSync(`${out}posters`, { recursive: true });
const wanted = process.argv.slice(2);
for (const film of films.filter(({ name }) => !wanted.length || wanted.includes(name))) {
  const canvas = createCanvas(width, height);
  const paint = canvas.getContext('2d');
  const poster = createCanvas(width * sharper, height * sharper);
  poster.getContext('2d').scale(sharper, sharper);
  film.draw(poster.getContext('2d'), film.at, film.duration);
  writeFileSync(`${out}posters/${film.name}.webp`, await poster.encode('webp', 72));

  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${width}x${height}`, '-r', `${rate}`, '-i', '-'];
  const plain = ['-map', '0', ...h264, '-movflags', '+faststart', `${out}${film.name}.mp4`, '-map', '0', ...vp9, '-cues_to_front', '1', `${out}${film.name}.webm`];
  const folder = `${out}${film.name}`;
  rmSync(folder, { recursive: true, force: true });
  if (film.hls) mkdirSync(folder);
  const hls = ['-map', '0', ...h264, '-f', 'hls', '-hls_time', '6', '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4', `${folder}/index.m3u8`];
  const ffmpeg = spawn('ffmpeg', ['-y', '-v', 'error', ...raw, ...(film.hls ? hls : plain)], { stdio: ['pipe', 'inherit', 'inherit'], cwd: out });
  for (let frame = 0; frame < film.duration * rate; frame++) {
    paint.textAlign = 'left';
    film.draw(paint, frame / rate, film.duration);
    overlay(paint, film, frame / rate);
    if (!ffmpeg.stdin.write(canvas.data())) await new Promise(resolve => ffmpeg.stdin.once('drain', resolve));
  }

  ffmpeg.stdin.end();
  const code = await new Promise(resolve => ffmpeg.once('exit', resolve));
  if (code) throw new Error(`ffmpeg ended with ${code}`);
}

execFileSync('du', ['-sh', out], { stdio: 'inherit' });
