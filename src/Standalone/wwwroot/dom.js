/** Elements, made without HTML: what is shown is text, whatever it says. */

/**
 * Makes an element. Properties are set as such; `on…` are listeners, `aria-…`, `data-…` and `role` attributes. Children are elements or texts.
 */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, value);
    else element[key] = value;
  }

  element.append(...children.filter(child => child !== undefined && child !== null));
  return element;
}

/** An icon of icons.svg, which says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `icons.svg#${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  svg.append(use);
  return svg;
}

/** A button with an icon, and a name for those who do not see it. */
export const iconButton = (name, label, onclick, properties = {}) =>
  el('button', { type: 'button', className: 'round', title: label, 'aria-label': label, onclick, ...properties }, icon(name));

/** Seconds as people read them: 1:05. */
export const time = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** Fills a list with elements by key, without touching those that stay: the one that has the focus keeps it. */
export function fill(list, elements) {
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
}
