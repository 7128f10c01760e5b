/** What the page's CMS knows: its films and screens, and what it tells the service of them. */

const series = { seriesId: 'paper-planets', season: 1 };
const planets = ['5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d01', '5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d02', '5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d03'];
const episodes = ['The Coral Ring', 'Green Hours', 'Three Moons'];

/** The films, in the order in which they are shown. */
export const films = [
  {
    contentId: '0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11', name: 'Night Train', file: 'night-train', duration: 96, kind: 'film',
    about: 'From dusk to dawn over the high viaducts.',
  },
  ...planets.map((contentId, index) => ({
    contentId, name: 'Paper Planets', episode: index + 1, subtitle: episodes[index], file: `paper-planets-${index + 1}`, duration: 36,
    kind: 'episode', nextContentId: planets[index + 1], ...series, about: `Season 1, episode ${index + 1}: ${episodes[index]}.`,
  })),
  {
    contentId: '8a4de1c2-90b7-4a35-b1f6-2c7e5d90a302', name: 'Low Tide', file: 'low-tide', duration: 72, kind: 'film',
    about: 'One boat, one lighthouse, one long sunset.',
  },
  {
    contentId: '3c6e2b7a-11d4-4e0b-8d7c-5f1a9b3e6403', name: 'The Long Field', file: 'the-long-field', duration: 60, kind: 'film', hls: true,
    about: 'A day of wind. Streamed with hls.js.',
  },
];

const Credits = 5;

/** A film by its id. */
export const filmOf = contentId => films.find(film => film.contentId === contentId);

/** How a film is called in a sentence; of one that the catalogue does not have, its id. */
export const nameOf = contentId => {
  const film = filmOf(contentId);
  return !film ? contentId : film.episode ? `${film.name}, episode ${film.episode}` : film.name;
};

const screens = { tv: 'the TV', phone: 'the phone' };

/** How a device is called in a sentence; a stranger by its own name, which may be anything. */
export const deviceName = id => screens[id] ?? (id || 'another screen');

/** A sentence of the service, with names in the place of ids. */
export const readable = sentence => films.reduce((text, { contentId }) => text.replaceAll(contentId, nameOf(contentId)), sentence);

/** The poster. */
export const posterOf = film => `films/posters/${film.file}.webp`;

/** What the service is told, as `PUT /titles` takes it. */
export const titles = () => films.map(({ contentId, duration, kind, seriesId, season, episode, nextContentId }) =>
  ({ contentId, duration, creditsStart: duration - Credits, kind, seriesId, season, episode, nextContentId }));
