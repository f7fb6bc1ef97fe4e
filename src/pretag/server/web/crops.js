// What the pages say of crops: objects that were cut out of the images of another dataset, each an image of its own.
import {h} from './page.js';

export const ofCrops = (dataset) => dataset.type === 'Crops';
// What the dataset has.
export const nounOf = (dataset) => (ofCrops(dataset) ? 'crop' : 'image');

// Where one image is shown. `more`: what else the page is to be told.
export const placeOf = (dataset, image, more = {}) => `#/datasets/${dataset}?${new URLSearchParams({...more, image})}`;

export function className(dataset, set, category) {
  const categories = dataset.predictions.find((entry) => entry.id === set)?.categories ?? [];
  return categories.find((entry) => entry.id === category)?.name ?? `class ${category}`;
}

// "car 0.93"
export const shownBy = (dataset, {set, category, score}) => `${className(dataset, set, category)} ${score.toFixed(2)}`;

// Which dataset the crops are of; the reader may not see it.
export function origin(dataset) {
  if (!ofCrops(dataset)) return null;
  const {parent} = dataset;
  return ['Cut from ', parent ? h('a', {href: `#/datasets/${parent.id}`}, parent.name)
    : 'a dataset that is deleted, or not shared with you', ' · '];
}

// Of a crop: the task, and the image that it was cut from, where its box is shown. Of an image: its crops.
export function connections(dataset, image, names) {
  if (image.shows) {
    const {cutFrom, set} = image.shows;
    const task = dataset.predictions.find((entry) => entry.id === set)?.task;
    const place = dataset.parent && placeOf(dataset.parent.id, cutFrom.image, {predictions: cutFrom.predictions, crop: image.id});
    return [task && ` by ${task}`, place && ', ', place && h('a', {class: 'cut-from', href: place}, 'show it in its image')];
  }
  const cut = image.objects.filter((object) => object.crop);
  const links = cut.flatMap(({crop, category, score}, index) => [index > 0 && ', ',
    h('a', {class: 'crop', href: placeOf(crop.dataset, crop.image)}, `${names.get(category) ?? `class ${category}`} ${score.toFixed(2)}`)]);
  return links.length === 0 ? [] : ['; cut out: ', ...links];
}
