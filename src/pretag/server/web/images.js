// A dataset's images with the boxes that were found, in pages; by class, score, and what a selection chose.
import {get, part} from './api.js';
import {nounOf, ofCrops, shownBy} from './crops.js';
import {Lightbox, picture} from './lightbox.js';
import {colourOf, h, number, percent, plural, table, words} from './page.js';

const PAGE = 60;
const SHOWN_CLASSES = 12;

const option = (value, text) => h('option', {value}, text);
const labelled = (text, ...inputs) => h('label', {}, text, ...inputs);

// What the filters say, kept in the page's address so that it can be passed on.
function readFilters(dataset, params) {
  // By default the last thing that was selected, which is not everything.
  const tag = dataset.tags.find((entry) => entry.id === params.get('tag')) ??
    dataset.tags.find((entry) => entry.images < dataset.images) ?? dataset.tags[0];
  const set = dataset.predictions.find((entry) => entry.id === params.get('predictions')) ?? dataset.predictions[0];
  return {
    show: tag && ['selected', 'others'].includes(params.get('show')) ? params.get('show') : 'all',
    tag: tag?.id ?? '', predictions: set?.id ?? '', category: params.get('category') ?? '',
    minScore: params.get('minScore') ?? '0', page: Math.max(1, Number.parseInt(params.get('page'), 10) || 1),
    boxes: params.get('boxes') !== 'off',
  };
}

function address(dataset, filters) {
  const query = new URLSearchParams();
  const usual = {show: 'all', tag: '', predictions: '', category: '', minScore: '0', page: 1};
  for (const [key, value] of Object.entries(usual))
    if (filters[key] !== value) query.set(key, filters[key]);
  if (!filters.boxes) query.set('boxes', 'off');
  return `#/datasets/${dataset.id}?${query}`.replace(/\?$/, '');
}

// Crops of a task come from many runs, and have no one time.
const nameOfSet = ({task, time}) => (time === null ? `crops by ${task}`
  : `${task}, ${new Date(time).toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'short'})}`);

class Controls {
  constructor(dataset, filters, changed) {
    Object.assign(this, {dataset, filters, changed});
    this.category = h('select', {id: 'filter-class', onchange: () => this.set('category', this.category.value)});
    this.score = h('input', {type: 'range', id: 'filter-score', min: '0', max: '1', step: '0.05', value: filters.minScore,
                             oninput: () => this.setScore()});
    this.scoreValue = h('output', {for: 'filter-score'});
    const boxes = h('input', {type: 'checkbox', id: 'show-boxes', checked: filters.boxes, onchange: () => this.set('boxes', boxes.checked)});
    this.element = h('form', {class: 'filters', 'aria-label': `Which ${nounOf(dataset)}s`, onsubmit: (event) => event.preventDefault()},
      this.selection(),
      h('div', {class: 'controls'}, this.tagChoice(), this.setChoice(), labelled('Class', this.category),
        labelled('Score at least', this.score, this.scoreValue), !ofCrops(dataset) && labelled('', boxes, 'Boxes')));
    this.showScore();
    this.fillClasses();
  }

  // Before and after: all images, those that the selection chose, those that it left.
  selection() {
    if (!this.filters.tag) return null;
    this.counts = new Map();
    const choice = (value, text) => {
      this.counts.set(value, h('span', {class: 'count'}));
      return h('label', {}, h('input', {type: 'radio', name: 'show', value, checked: this.filters.show === value,
                                        onchange: () => this.set('show', value)}),
               h('span', {class: 'choice'}, text, ' ', this.counts.get(value)));
    };
    const element = h('fieldset', {class: 'segments'}, h('legend', {}, 'Selection'), choice('all', 'Before'),
                      choice('selected', 'After'), choice('others', 'Left out'));
    this.showCounts();
    return element;
  }

  showCounts() {
    const chosen = this.dataset.tags.find((tag) => tag.id === this.filters.tag)?.images ?? 0;
    const counts = {all: this.dataset.images, selected: chosen, others: this.dataset.images - chosen};
    for (const [value, element] of this.counts ?? []) element.textContent = number(counts[value]);
  }

  tagChoice() {
    if (this.dataset.tags.length < 2) return null;
    const select = h('select', {id: 'filter-tag', onchange: () => this.set('tag', select.value)},
      this.dataset.tags.map((tag) => option(tag.id, `${tag.name} (${number(tag.images)})`)));
    select.value = this.filters.tag;
    return labelled('Selected are', select);
  }

  setChoice() {
    if (this.dataset.predictions.length < 2) return null;
    const select = h('select', {id: 'filter-predictions', onchange: () => this.set('predictions', select.value)},
      this.dataset.predictions.map((set) => option(set.id, nameOfSet(set))));
    select.value = this.filters.predictions;
    return labelled('Predictions', select);
  }

  get names() {
    const set = this.dataset.predictions.find((entry) => entry.id === this.filters.predictions);
    return new Map((set?.categories ?? []).map((category) => [category.id, category.name]));
  }

  fillClasses() {
    const names = [...this.names].sort((a, b) => a[1].localeCompare(b[1]));
    this.category.replaceChildren(option('', 'All'), ...names.map(([id, name]) => option(id, name)));
    if (!names.some(([id]) => String(id) === this.filters.category)) this.filters.category = '';
    this.category.value = this.filters.category;
  }

  setScore() {
    this.showScore();
    clearTimeout(this.timer);  // while the hand is still dragging
    this.timer = setTimeout(() => this.set('minScore', String(Number(this.score.value))), 150);
  }

  showScore() { this.scoreValue.textContent = Number(this.score.value).toFixed(2); }

  set(key, value) {
    this.filters[key] = value;
    if (key === 'predictions') this.fillClasses();
    if (key === 'category') this.category.value = value;
    if (key !== 'boxes') this.filters.page = 1;
    this.showCounts();
    this.changed(key);
  }
}

// Images in which each class was found, or crops that show it, before and after; a class's name filters by it.
function classTable(dataset, controls, classes, all, choose) {
  const chosen = dataset.tags.find((tag) => tag.id === controls.filters.tag);
  const things = words(`${nounOf(dataset)}s`);
  const columns = [{title: 'Class'}, {title: `${things} before`, number: true}, {title: 'Share', number: true},
                   ...(chosen ? [{title: `${things} after`, number: true}, {title: 'Share', number: true}] : [])];
  const sorted = [...classes].sort((a, b) => b.before - a.before);
  const rows = sorted.slice(0, all ? undefined : SHOWN_CLASSES).map((entry) => h('tr', {'data-class': entry.id},
    h('th', {scope: 'row'}, swatch(entry.id), h('button', {type: 'button', class: 'plain', onclick: () => choose(String(entry.id))},
      controls.names.get(entry.id) ?? `class ${entry.id}`)),
    h('td', {class: 'number'}, number(entry.before)), h('td', {class: 'number'}, percent(entry.before, dataset.images)),
    chosen && h('td', {class: 'number'}, number(entry.after)), chosen && h('td', {class: 'number'}, percent(entry.after, chosen.images))));
  return table(ofCrops(dataset) ? 'Crops of each class.' : 'Images in which each class was found.', columns, rows, 'Nothing was found with such a score.');
}

function swatch(category) {
  const element = h('span', {class: 'swatch', 'aria-hidden': 'true'});
  element.style.backgroundColor = colourOf(category);
  return element;
}

class Gallery {
  constructor(dataset, lightbox, turn) {
    Object.assign(this, {dataset, lightbox, turn, page: 1, last: 1});
    this.things = words(`${nounOf(dataset)}s`);
    this.status = h('p', {class: 'hint', id: 'image-status', role: 'status'});
    this.trouble = h('p', {class: 'callout', hidden: true});
    this.list = h('ul', {class: 'gallery'});
    this.previous = h('button', {type: 'button', id: 'previous', onclick: () => turn(this.page - 1)}, 'Previous');
    this.next = h('button', {type: 'button', id: 'next', onclick: () => turn(this.page + 1)}, 'Next');
    this.input = h('input', {type: 'number', id: 'page-number', min: '1', 'aria-label': 'Page', onchange: () => this.jump()});
    this.pages = h('span');
    this.pager = h('nav', {class: 'pager', hidden: true, 'aria-label': `Pages of ${nounOf(dataset)}s`}, this.previous,
                   h('span', {}, 'Page ', this.input, ' of ', this.pages), this.next);
    this.parts = [this.status, this.trouble, this.list, this.pager];
  }

  jump() {
    const wanted = Math.min(Math.max(1, Math.trunc(Number(this.input.value)) || 1), this.last);
    this.input.value = wanted;
    this.turn(wanted);
  }

  show({total, images}, page, names) {
    this.page = page;
    this.last = Math.max(1, Math.ceil(total / PAGE));
    this.status.textContent = total === 0 ? `No ${this.things.toLowerCase()} match.`
      : `${this.things} ${number((page - 1) * PAGE + 1)}–${number((page - 1) * PAGE + images.length)} of ${number(total)}`;
    this.trouble.hidden = true;
    this.list.replaceChildren(...images.map((image, index) => this.item(image, names, () => this.lightbox.open(images, index, names))));
    this.previous.disabled = page <= 1;
    this.next.disabled = page >= this.last;
    this.pages.textContent = number(this.last);
    this.input.value = page;
    this.input.max = this.last;
    this.pager.hidden = this.last === 1;
  }

  // What was shown does not match the filters any more.
  fail(message, again) {
    this.status.replaceChildren(message, ' ', h('button', {type: 'button', class: 'plain', onclick: again}, 'Try again'));
    this.list.replaceChildren();
    this.trouble.hidden = this.pager.hidden = true;
  }

  item(image, names, open) {
    const failed = () => {
      const from = image.url ? new URL(image.url).origin : null;
      this.trouble.textContent = !from && ofCrops(this.dataset) && !this.dataset.parent
        ? 'Crops are kept with the images that they were cut from; those are deleted, or not shared with you.'
        : from && from !== location.origin
        ? `Some images could not be read from ${from}, where their data source keeps them. Does a worker with worker.file_server=True run there, and can this browser reach it?`
        : 'Some images cannot be shown: they were not uploaded, and their data source cannot be read by a browser.';
      this.trouble.hidden = false;
    };
    const found = image.shows ? [swatch(image.shows.category), shownBy(this.dataset, image.shows)]
      : plural(image.objectCount, 'object');
    return h('li', {'data-image': image.fileName},
      h('button', {type: 'button', class: 'frame', 'aria-label': `Enlarge ${image.fileName}`, onclick: open},
        picture(image, names, this.dataset, failed, {small: true})),
      h('div', {class: 'below'}, h('span', {class: 'filename'}, image.fileName),
        h('span', {class: 'hint'}, found, image.selected && h('span', {class: 'badge chosen'}, 'Selected'))));
  }
}

export async function imageBrowser(section, dataset, {params, signal, signOut}) {
  const filters = readFilters(dataset, params);
  const path = `/web/api/datasets/${part(dataset.id)}`;
  const lightbox = new Lightbox(dataset, signal);
  const gallery = new Gallery(dataset, lightbox, (page) => { filters.page = page; update('page').then(() => section.scrollIntoView()); });
  const classes = h('div', {id: 'classes'});
  const controls = new Controls(dataset, filters, (key) => update(key));
  let counted = [], countedAreOld = true, everyClass = false, request = new AbortController();
  signal.addEventListener('abort', () => request.abort());

  const showClasses = () => {
    const more = h('button', {type: 'button', hidden: everyClass || counted.length <= SHOWN_CLASSES,
                              onclick: () => { everyClass = true; showClasses(); }}, `Show all ${counted.length} classes`);
    classes.replaceChildren(classTable(dataset, controls, counted, everyClass, (id) => controls.set('category', id)), more);
  };

  // The last request counts; those before it are dropped.
  const load = async (key) => {
    request.abort();
    const mine = request = new AbortController();
    const {show, tag, predictions, category, minScore} = filters;
    countedAreOld ||= ['tag', 'predictions', 'minScore'].includes(key);  // until an answer comes, whatever is asked meanwhile
    const needsClasses = predictions && countedAreOld;
    const [page, found] = await Promise.all([
      get(`${path}/images`, {show, tag, predictions, category, minScore, pageOffset: (filters.page - 1) * PAGE, pageSize: PAGE}, mine.signal),
      needsClasses ? get(`${path}/classes`, {tag, predictions, minScore}, mine.signal) : null]);
    const last = Math.max(1, Math.ceil(page.total / PAGE));
    if (filters.page > last) {  // an old address
      filters.page = last;
      return load(key);
    }
    gallery.show(page, filters.page, controls.names);
    if (found) {
      counted = found;
      countedAreOld = false;
      showClasses();
    }
  };

  const update = async (key) => {
    if (signal.aborted) return;  // a late timer of a page that is gone
    section.classList.toggle('without-boxes', !filters.boxes);
    lightbox.element.classList.toggle('without-boxes', !filters.boxes);
    if (key !== 'all') history.replaceState(null, '', address(dataset, filters));
    if (key === 'boxes') return;
    gallery.list.setAttribute('aria-busy', 'true');
    try {
      await load(key);
    } catch (error) {
      if (error.name === 'AbortError') return;  // for a later request, or another page
      if (error.status === 401) return signOut(error.message);
      gallery.fail(error.message, () => update(key));
    }
    gallery.list.removeAttribute('aria-busy');
  };

  // An address may name one image, and a crop whose box is to stand out in it.
  const showOne = async (image) => {
    const {images} = await get(`${path}/images`, {image, predictions: filters.predictions, tag: filters.tag}, signal);
    lightbox.open(images, 0, controls.names, params.get('crop'));
    lightbox.element.addEventListener('close', () => history.replaceState(null, '', address(dataset, filters)), {once: true});
  };

  section.append(h('h2', {id: 'images'}, gallery.things), controls.element, ...gallery.parts,
                 dataset.predictions.length > 0 ? h('h2', {}, 'Classes') : '', classes, lightbox.element);
  await update('all');
  if (params.get('image')) await showOne(params.get('image'));
}
