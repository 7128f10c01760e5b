// The films of the page, drawn: each a function of a canvas and a second, the same in each run.

const Width = 640;
const Height = 360;

/** A number that looks like chance, the same for the same index. */
const noise = index => {
  const value = Math.sin(index * 127.1 + 311.7) * 43758.5453;
  return value - Math.floor(value);
};
const mix = (from, to, share) => from + (to - from) * Math.max(0, Math.min(1, share));
const channels = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
const blend = (from, to, share) => {
  const [left, right] = [channels(from), channels(to)];
  return `rgb(${left.map((value, index) => Math.round(mix(value, right[index], share))).join()})`;
};
/** The colour at a share of a film, between the colours of its acts. */
const through = (colours, share) => {
  const at = Math.min(0.9999, Math.max(0, share)) * (colours.length - 1);
  return blend(colours[Math.floor(at)], colours[Math.floor(at) + 1], at % 1);
};

function sky(paint, top, bottom, to = Height) {
  const gradient = paint.createLinearGradient(0, 0, 0, to);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  paint.fillStyle = gradient;
  paint.fillRect(0, 0, Width, Height);
}

function disc(paint, x, y, radius, colour, glow = 0) {
  if (glow) {
    const gradient = paint.createRadialGradient(x, y, radius, x, y, radius + glow);
    gradient.addColorStop(0, 'rgba(255,244,214,.35)');
    gradient.addColorStop(1, 'rgba(255,244,214,0)');
    paint.fillStyle = gradient;
    paint.fillRect(x - radius - glow, y - radius - glow, 2 * (radius + glow), 2 * (radius + glow));
  }

  paint.fillStyle = colour;
  paint.beginPath();
  paint.arc(x, y, radius, 0, 7);
  paint.fill();
}

/** A range of hills that moves by. */
function hills(paint, base, height, length, offset, colour, seed) {
  paint.fillStyle = colour;
  paint.beginPath();
  paint.moveTo(0, Height);
  for (let x = 0; x <= Width; x += 4) {
    const at = (x + offset) / length;
    const y = base - height * (0.5 + 0.3 * Math.sin(at * 2 + seed) + 0.2 * Math.sin(at * 5.3 + seed * 2) + 0.08 * Math.sin(at * 13 + seed));
    paint.lineTo(x, y);
  }

  paint.lineTo(Width, Height);
  paint.fill();
}

function stars(paint, share, offset) {
  for (let index = 0; index < 70; index++) {
    const x = (noise(index) * Width * 1.4 - offset * 0.2 + Width * 10) % (Width * 1.4);
    paint.fillStyle = `rgba(255,255,255,${share * (0.25 + 0.6 * noise(index + 100))})`;
    paint.fillRect(x, noise(index + 200) * 190, 1.6, 1.6);
  }
}

function nightTrain(paint, second, duration) {
  const share = second / duration;
  const dark = 1 - Math.abs(share - 0.5) * 2;
  sky(paint, through(['#f2784b', '#24264f', '#0b1030', '#16204a', '#5b8fd0'], share), through(['#ffd08a', '#a0527a', '#2b3a75', '#5a4b86', '#ffd9b0'], share), 300);
  stars(paint, Math.min(1, dark * 1.6), second * 6);
  disc(paint, mix(90, 560, share), 120 - 55 * Math.sin(share * Math.PI), 24, '#fff4d6', 60);
  hills(paint, 250, 120, 190, second * 8, through(['#b5566b', '#3a3a70', '#1a2352', '#2c3468', '#7b86b8'], share), 1);
  hills(paint, 280, 95, 130, second * 20, through(['#7b3f63', '#2b2b5c', '#131b43', '#232a5a', '#56639c'], share), 4);
  const near = through(['#3b2145', '#191a3d', '#0a0f2a', '#141a3e', '#2d3a66'], share);
  // The viaduct, and the train on it.
  paint.fillStyle = near;
  paint.fillRect(0, 262, Width, 12);
  for (let pier = -1; pier < 8; pier++) {
    const x = pier * 96 - (second * 60) % 96;
    paint.fillRect(x, 270, 22, 90);
    paint.beginPath();
    paint.moveTo(x + 22, 274);
    paint.quadraticCurveTo(x + 59, 300, x + 96, 274);
    paint.lineTo(x + 96, 270);
    paint.lineTo(x + 22, 270);
    paint.fill();
  }

  const sway = Math.sin(second * 5) * 0.6;
  const head = 440 + Math.sin(second * 0.35) * 60;
  for (let car = 0; car < 5; car++) {
    const x = head - car * 104;
    paint.fillStyle = car ? '#7d2b3a' : '#9b3446';
    paint.beginPath();
    paint.roundRect(x, 226 + sway, 98, 34, car ? 5 : [5, 24, 5, 5]);
    paint.fill();
    paint.fillStyle = '#f0e2c8';
    paint.fillRect(x, 249 + sway, 98, 3);
    paint.fillStyle = blend('#8fb5c9', '#ffd980', dark * 1.4);
    for (let window = 0; window < 5; window++) paint.fillRect(x + 8 + window * 17, 233 + sway, 11, 11);
  }

  hills(paint, 372, 70, 90, second * 95, near, 8);
}

function lowTide(paint, second, duration) {
  const share = second / duration;
  sky(paint, through(['#3f7fbf', '#f08a5d', '#6a2c70', '#141b41'], share), through(['#cfe8f5', '#ffd56b', '#f08a5d', '#3a3a78'], share), 220);
  stars(paint, Math.max(0, share - 0.6) * 2.5, second);
  disc(paint, 420, mix(60, 250, share), 34, through(['#fff6cf', '#ffe08a', '#ff9a6b', '#ff7b5f'], share), 70);
  // The lighthouse, and its light.
  const beam = Math.sin(second * 0.9);
  if (share > 0.35) {
    paint.fillStyle = `rgba(255,240,190,${Math.min(0.3, (share - 0.35) * 0.9)})`;
    paint.beginPath();
    paint.moveTo(118, 118);
    paint.lineTo(118 + beam * 620, 40);
    paint.lineTo(118 + beam * 620, 170);
    paint.fill();
  }

  const rock = through(['#5d6d7e', '#6b4a5a', '#3d2347', '#0e1330'], share);
  paint.fillStyle = rock;
  paint.beginPath();
  paint.moveTo(0, 236);
  paint.quadraticCurveTo(90, 176, 210, 242);
  paint.fill();
  paint.fillStyle = through(['#f7f3ea', '#ffe9d2', '#d8b7c0', '#8a8fb8'], share);
  paint.beginPath();
  paint.moveTo(105, 216);
  paint.lineTo(112, 126);
  paint.lineTo(126, 126);
  paint.lineTo(133, 216);
  paint.fill();
  paint.fillStyle = '#c8473d';
  paint.fillRect(109, 150, 20, 12);
  paint.fillRect(107, 176, 24, 12);
  paint.fillStyle = '#ffe9a8';
  paint.fillRect(111, 112, 16, 14);
  paint.fillStyle = '#c8473d';
  paint.beginPath();
  paint.moveTo(108, 112);
  paint.lineTo(119, 100);
  paint.lineTo(130, 112);
  paint.fill();
  for (let wave = 0; wave < 6; wave++) {
    const depth = wave / 5;
    paint.fillStyle = blend(shade(['#6fb3cf', '#e39a72', '#8c4a78', '#2a3166'], share), '#0b1836', 0.15 + depth * 0.6);
    const base = 226 + wave * 24 + Math.sin(second * 0.5 + wave) * 3;
    paint.beginPath();
    paint.moveTo(0, Height);
    for (let x = 0; x <= Width; x += 8) paint.lineTo(x, base + Math.sin(x / (60 + wave * 14) + second * (0.6 + depth) + wave * 2) * (3 + wave * 1.4));
    paint.lineTo(Width, Height);
    paint.fill();
    if (wave === 1) boat(paint, mix(-60, 700, share), base + Math.sin(second * 1.4) * 3, Math.sin(second) * 0.05);
  }
}

/** As {@link through}, in the form that {@link blend} takes. */
function shade(colours, share) {
  const [red, green, blue] = through(colours, share).match(/\d+/g).map(Number);
  return `#${[red, green, blue].map(value => value.toString(16).padStart(2, '0')).join('')}`;
}

function boat(paint, x, y, tilt) {
  paint.save();
  paint.translate(x, y);
  paint.rotate(tilt);
  paint.fillStyle = '#3b2430';
  paint.beginPath();
  paint.moveTo(-34, -6);
  paint.lineTo(36, -6);
  paint.lineTo(24, 10);
  paint.lineTo(-24, 10);
  paint.fill();
  paint.fillStyle = '#fdf3e3';
  paint.beginPath();
  paint.moveTo(2, -64);
  paint.lineTo(30, -12);
  paint.lineTo(2, -12);
  paint.fill();
  paint.fillStyle = '#e8c9a6';
  paint.beginPath();
  paint.moveTo(-3, -56);
  paint.lineTo(-22, -12);
  paint.lineTo(-3, -12);
  paint.fill();
  paint.restore();
}

const Worlds = [
  { sky: ['#2b1055', '#7b2f5e'], planet: '#ff8a5c', band: '#ffb38a', ring: '#ffe0b8' },
  { sky: ['#06283d', '#1c6e7d'], planet: '#4fd1b5', band: '#8ff0d6', ring: '#e3fff4' },
  { sky: ['#160b3a', '#4b2a8c'], planet: '#b388ff', band: '#d6bdff', ring: '#ffd6f2' },
];

const paperPlanets = episode => (paint, second, duration) => {
  const share = second / duration;
  const { sky: [top, bottom], planet, band, ring } = Worlds[episode];
  sky(paint, top, bottom);
  stars(paint, 1, second * 24);
  for (let index = 0; index < 40; index++) disc(paint, (noise(index + 7) * 900 - second * 14 + 9000) % 900 - 100, noise(index + 40) * Height, 1.4, 'rgba(255,255,255,.5)');
  const [x, y, radius] = [mix(430, 250, share), 185 + Math.sin(second * 0.4) * 8, 74 + episode * 10];
  disc(paint, x, y, radius + 10, 'rgba(255,255,255,.07)');
  const half = front => {
    paint.save();
    paint.translate(x, y);
    paint.rotate(-0.3);
    paint.strokeStyle = ring;
    paint.lineWidth = 9;
    paint.beginPath();
    paint.ellipse(0, 0, radius * 1.75, radius * 0.42, 0, front ? 0 : Math.PI, front ? Math.PI : 2 * Math.PI);
    paint.stroke();
    paint.restore();
  };
  half(false);
  disc(paint, x, y, radius, planet);
  paint.save();
  paint.beginPath();
  paint.arc(x, y, radius, 0, 7);
  paint.clip();
  paint.fillStyle = band;
  for (let stripe = 0; stripe < 3; stripe++) {
    paint.beginPath();
    paint.ellipse(x + Math.sin(second * 0.5 + stripe) * 20, y - radius * 0.5 + stripe * radius * 0.5, radius * 1.1, 7 + stripe * 3, -0.12, 0, 7);
    paint.fill();
  }

  paint.fillStyle = 'rgba(10,6,40,.28)';
  paint.beginPath();
  paint.arc(x + radius * 0.55, y + radius * 0.25, radius * 1.1, 0, 7);
  paint.fill();
  paint.restore();
  half(true);
  for (let moon = 0; moon <= episode; moon++) {
    const angle = second * (0.7 - moon * 0.18) + moon * 2.3;
    disc(paint, x + Math.cos(angle) * (radius * 1.9 + moon * 26), y + Math.sin(angle) * (radius * 0.8 + moon * 16), 12 - moon * 2, ring);
  }

  // The paper ship.
  paint.save();
  paint.translate(mix(-60, 720, share), 250 - Math.sin(share * Math.PI) * 150);
  paint.rotate(mix(-0.5, 0.35, share));
  paint.fillStyle = '#fdfaf3';
  paint.beginPath();
  paint.moveTo(34, 0);
  paint.lineTo(-26, -16);
  paint.lineTo(-14, 0);
  paint.fill();
  paint.fillStyle = '#d9d2c3';
  paint.beginPath();
  paint.moveTo(34, 0);
  paint.lineTo(-26, 14);
  paint.lineTo(-14, 0);
  paint.fill();
  paint.restore();
};

function longField(paint, second, duration) {
  const share = second / duration;
  sky(paint, through(['#ffb88c', '#5aa9e6', '#4a90d9', '#f3a683'], share), through(['#ffe8c9', '#d8f1ff', '#d4ecfb', '#ffe0b0'], share), 240);
  disc(paint, mix(60, 590, share), 210 - 150 * Math.sin(share * Math.PI), 28, '#fff3c4', 60);
  for (let cloud = 0; cloud < 5; cloud++) {
    const x = (noise(cloud + 3) * 900 + second * (6 + cloud * 2)) % 900 - 130;
    const y = 40 + noise(cloud + 9) * 90;
    paint.fillStyle = 'rgba(255,255,255,.75)';
    paint.beginPath();
    paint.roundRect(x, y, 100, 18, 9);
    paint.roundRect(x + 22, y - 13, 52, 24, 12);
    paint.fill();
  }

  hills(paint, 280, 70, 220, second * 5, through(['#c9a06c', '#8fbf7a', '#86b573', '#b58f63'], share), 2);
  for (let mill = 0; mill < 4; mill++) {
    const x = (mill * 210 + 2000 - second * 12) % 840 - 90;
    const height = 96 + noise(mill) * 30;
    paint.fillStyle = '#f7f7f4';
    paint.beginPath();
    paint.moveTo(x - 3.4, 305);
    paint.lineTo(x - 1.4, 280 - height);
    paint.lineTo(x + 1.4, 280 - height);
    paint.lineTo(x + 3.4, 305);
    paint.fill();
    for (let blade = 0; blade < 3; blade++) {
      paint.save();
      paint.translate(x, 280 - height);
      paint.rotate(second * 1.6 + mill + blade * Math.PI * 2 / 3);
      paint.beginPath();
      paint.moveTo(-2, 0);
      paint.lineTo(0, -44);
      paint.lineTo(2.6, 0);
      paint.fill();
      paint.restore();
    }
  }

  hills(paint, 310, 50, 160, second * 22, through(['#a97f4d', '#6ea75a', '#639c50', '#947045'], share), 5);
  hills(paint, 356, 60, 120, second * 60, through(['#6d5232', '#4a7f3d', '#416f36', '#5e472d'], share), 9);
}

/** The films, as the page's catalogue has them. `at` is the second of the poster. */
export const films = [
  { name: 'night-train', title: 'Night Train', duration: 96, at: 30, draw: nightTrain },
  { name: 'low-tide', title: 'Low Tide', duration: 72, at: 26, draw: lowTide },
  { name: 'paper-planets-1', title: 'Paper Planets · 1', duration: 36, at: 14, draw: paperPlanets(0) },
  { name: 'paper-planets-2', title: 'Paper Planets · 2', duration: 36, at: 14, draw: paperPlanets(1) },
  { name: 'paper-planets-3', title: 'Paper Planets · 3', duration: 36, at: 14, draw: paperPlanets(2) },
  { name: 'the-long-field', title: 'The Long Field', duration: 60, at: 22, draw: longField, hls: true },
];

/** The last seconds are credits. */
export const Credits = 5;

/** What is on every frame: the time code, and the credits at the end. */
export function overlay(paint, { title, duration }, second) {
  const left = duration - second;
  if (left <= Credits) {
    paint.fillStyle = `rgba(8,8,16,${Math.min(0.85, (Credits - left) * 0.9)})`;
    paint.fillRect(0, 0, Width, Height);
    paint.fillStyle = `rgba(255,255,255,${Math.min(1, (Credits - left) * 0.9)})`;
    paint.textAlign = 'center';
    paint.font = '600 30px "Liberation Sans"';
    paint.fillText(title, Width / 2, 160);
    paint.font = '15px "Liberation Sans"';
    paint.fillText('Drawn by a program, to be continued on another screen', Width / 2, 190);
  }

  const text = `${Math.floor(second / 60)}:${String(Math.floor(second % 60)).padStart(2, '0')}`;
  paint.textAlign = 'left';
  paint.font = '700 46px "Liberation Sans"';
  const width = paint.measureText(text).width;
  paint.fillStyle = 'rgba(8,8,16,.55)';
  paint.beginPath();
  paint.roundRect(20, 18, width + 58, 58, 12);
  paint.fill();
  paint.fillStyle = '#fff';
  paint.fillText(text, 32, 64);
  paint.font = '700 24px "Liberation Sans"';
  paint.fillText(`.${Math.floor(second * 10 + 1e-6) % 10}`, 34 + width, 64);
}
