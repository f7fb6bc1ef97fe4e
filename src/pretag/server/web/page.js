// Elements, words and numbers of the pages. All text goes in as text: nothing that the server says becomes HTML.

// h('a', {href: '#/runs', class: 'x', onclick: f}, 'text', element, …); what is null or false is left out.
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Puts new children in place of the old ones. The focus stays on the link that had it, known by its row and address, and
// what is wider than the window stays where it was scrolled to.
export function replace(element, ...children) {
  const identity = (link) => JSON.stringify([{...link.closest('tr')?.dataset}, link.getAttribute('href')]);
  const focused = element.contains(document.activeElement) && document.activeElement.matches('a[href]')
    ? identity(document.activeElement) : null;
  const scrolled = element.querySelector('.scroll')?.scrollLeft;
  element.replaceChildren(...children.flat());
  if (focused) [...element.querySelectorAll('a[href]')].find((link) => identity(link) === focused)?.focus();
  if (scrolled) element.querySelector('.scroll')?.scrollTo({left: scrolled, behavior: 'instant'});
}

export const number = (value) => value.toLocaleString('en');
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
export const percent = (part, whole) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

// LOADING_DATASET: "Loading dataset"
export const words = (state) => {
  const text = state.replaceAll('_', ' ').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export function moment(ms) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return h('span', {}, '–');
  const text = date.toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'medium'});
  return h('time', {datetime: date.toISOString()}, text);
}

export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export const heading = (text, ...after) => [h('h1', {tabindex: '-1'}, text), ...after];

export function table(caption, columns, rows, empty) {
  if (rows.length === 0) return h('p', {class: 'hint'}, empty);
  const head = columns.map((column) => h('th', {scope: 'col', class: column.number && 'number'}, column.title));
  return h('div', {class: 'scroll'},
           h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows)));
}

// One colour a class, far apart for neighbours (the golden angle).
export const colourOf = (category) => `hsl(${(category * 137.508) % 360} 75% 52%)`;
