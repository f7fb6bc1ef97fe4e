// One picture with its boxes, small or as large as the window.
import {connections, nounOf, shownBy} from './crops.js';
import {colourOf, h, number, svg, words} from './page.js';

// [x, y, width, height] in pixels of the image, whose size is known once it has come. `crop`: the one whose box stands out.
function boxes(image, names, width, height, crop) {
  const labelSize = Math.max(width, height) / 45;
  const groups = image.objects.filter((object) => object.bbox).map((object) => {
    const [x, y, w, d] = object.bbox;
    const name = names.get(object.category) ?? `class ${object.category}`;
    const isMeant = crop && object.crop?.image === crop;
    const group = svg('g', {'data-class': object.category, 'data-score': object.score, class: isMeant && 'meant'},
      svg('title', {}, `${name} ${object.score.toFixed(2)}`),
      svg('rect', {x, y, width: Math.max(0, w), height: Math.max(0, d), 'vector-effect': 'non-scaling-stroke'}),
      svg('text', {x: x + labelSize * 0.2, y: Math.max(y - labelSize * 0.3, labelSize), 'font-size': labelSize},
          `${name} ${object.score.toFixed(2)}`));
    group.style.color = colourOf(object.category);
    return group;
  });
  const oneIsMeant = groups.some((group) => group.classList.contains('meant'));
  return svg('svg', {class: oneIsMeant ? 'boxes one-is-meant' : 'boxes', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true'}, groups);
}

function summary(image, names, dataset) {
  if (image.shows) return shownBy(dataset, image.shows);
  const counts = new Map();
  for (const {category} of image.objects) counts.set(category, (counts.get(category) ?? 0) + 1);
  const parts = [...counts].map(([category, count]) => `${number(count)} ${names.get(category) ?? `class ${category}`}`);
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
}

// A box of the image's own shape, which its overlay shares. `small`: its thumbnail will do, where there is one. What
// cannot be shown, as a browser cannot show TIFF, has its thumbnail in its place and the other way round; `failed` is
// called when neither comes.
export function picture(image, names, dataset, failed, {shown = () => {}, small = false, crop = null} = {}) {
  const original = image.url && {url: image.url};
  const sources = (small ? [image.thumbnail, original] : [original, image.thumbnail]).filter(Boolean);
  const element = h('span', {class: 'picture'});
  const missing = () => {
    element.replaceChildren(h('span', {class: 'missing'}, 'No image'));
    failed();
  };
  let source = sources.shift();
  if (!source) {
    queueMicrotask(missing);
    return element;
  }
  const img = h('img', {src: source.url, alt: `${image.fileName}: ${summary(image, names, dataset)}`, loading: 'lazy', decoding: 'async'});
  img.addEventListener('error', () => {
    source = sources.shift();
    if (!source) return missing();
    img.src = source.url;
  });
  img.addEventListener('load', () => {
    const {width = img.naturalWidth, height = img.naturalHeight} = source;
    element.style.aspectRatio = `${width} / ${height}`;
    element.classList.toggle('tall', width / height < 4 / 3);
    element.append(boxes(image, names, width, height, crop));
    shown(width, height);
  });
  element.append(img);
  return element;
}

// Arrow keys and buttons go through the page's images; Esc closes.
export class Lightbox {
  // `signal`: of the page, with which it goes.
  constructor(dataset, signal) {
    this.dataset = dataset;
    const noun = nounOf(dataset);
    this.stage = h('div', {class: 'stage', onclick: (event) => event.target === this.stage && this.element.close()});
    this.caption = h('p', {class: 'caption', role: 'status'});
    const button = (text, label, action) => h('button', {type: 'button', 'aria-label': label, onclick: action}, text);
    this.element = h('dialog', {tabindex: '-1', 'aria-label': words(noun), onkeydown: (event) => this.key(event), onclose: () => this.closed()},
      this.stage, h('div', {class: 'bar'}, button('‹', `Previous ${noun}`, () => this.step(-1)), this.caption,
                    button('›', `Next ${noun}`, () => this.step(1)), button('×', 'Close', () => this.element.close())));
    addEventListener('resize', () => this.fit?.(), {signal});
  }

  // `crop`: the one whose box stands out.
  open(images, index, names, crop = null) {
    Object.assign(this, {images, index, names, crop, opener: document.activeElement});
    this.element.showModal();
    this.show();
  }

  show() {
    const image = this.images[this.index];
    this.fit = null;
    const shown = picture(image, this.names, this.dataset, () => {}, {crop: this.crop, shown: (width, height) => {
      // As large as the window allows, small images at most at twice their size, crops, which often are tiny, at six times.
      this.fit = () => {
        const scale = Math.min((this.stage.clientWidth - 32) / width, (this.stage.clientHeight - 16) / height, image.shows ? 6 : 2);
        shown.style.width = `${width * scale}px`;
      };
      this.fit();
    }});
    this.stage.replaceChildren(shown);
    const count = this.images.length > 1 ? ` (${this.index + 1} of ${this.images.length} on this page)` : '';
    this.caption.replaceChildren(...[`${image.fileName}: ${summary(image, this.names, this.dataset)}`,
      ...connections(this.dataset, image, this.names), count].filter(Boolean));
    // A link that had the focus may be gone, and keys would go nowhere.
    if (!this.element.contains(document.activeElement)) this.element.focus();
  }

  step(by) {
    this.index = (this.index + by + this.images.length) % this.images.length;
    this.show();
  }

  key(event) {
    if (event.key === 'ArrowRight') this.step(1);
    if (event.key === 'ArrowLeft') this.step(-1);
  }

  closed() {
    this.fit = null;
    this.stage.replaceChildren();
    this.opener?.focus();
  }
}
