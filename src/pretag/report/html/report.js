'use strict';
// Sorting, filtering and enlarging. Everything is there to read without it.
(() => {
  document.documentElement.classList.add('js');
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Tables: a click on a heading sorts by it, a second click the other way. Numbers start with the largest.
  const cellValue = (row, column) => {
    const cell = row.cells[column];
    const isNumber = cell.classList.contains('number');
    return isNumber ? Number(cell.dataset.value) : (cell.dataset.value ?? cell.textContent);
  };
  const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b, undefined, {numeric: true}));
  const sortBy = (table, heading) => {
    const column = heading.cellIndex;
    const before = heading.getAttribute('aria-sort');
    const first = heading.classList.contains('number') ? 'descending' : 'ascending';
    const direction = before === null ? first : before === 'ascending' ? 'descending' : 'ascending';
    for (const other of all('th[aria-sort]', table)) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', direction);
    const sign = direction === 'ascending' ? 1 : -1;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => sign * compare(cellValue(a, column), cellValue(b, column)));
    table.tBodies[0].append(...rows);
  };
  for (const table of all('table.sortable'))
    for (const button of all('button.sort', table))
      button.addEventListener('click', () => sortBy(table, button.closest('th')));

  const lightbox = document.getElementById('lightbox');
  if (!lightbox) return;
  const examples = all('.example');

  // Examples: boxes of other classes and lower scores go, and so do pictures that have none left.
  const form = document.getElementById('example-filter');
  const applyFilter = () => {
    const wanted = form.elements.class.value;
    const range = form.elements.score;
    const score = Number(range.value);
    const isFiltered = wanted !== '' || score > Number(range.defaultValue);
    document.getElementById('filter-score-value').textContent = score.toFixed(2);
    for (const example of examples) {
      let left = 0;
      for (const part of all('.boxes > g', example)) {
        const off = (wanted !== '' && part.dataset.class !== wanted) || Number(part.dataset.score) < score;
        part.classList.toggle('off', off);
        if (!off) ++left;
      }
      // Without a filter, pictures in which nothing was found are shown too.
      example.classList.toggle('off', left === 0 && isFiltered);
    }
    document.getElementById('filter-status').textContent = `${visible().length} of ${examples.length} pictures`;
  };
  const visible = () => examples.filter((example) => !example.classList.contains('off'));
  if (form) {
    form.addEventListener('input', applyFilter);
    form.addEventListener('submit', (event) => event.preventDefault());
    applyFilter();
  }

  // The enlarged view: arrow keys and buttons go through the pictures that the filter leaves; Esc closes it.
  const stage = lightbox.querySelector('.stage');
  let current = null;
  const show = (example) => {
    current = example;
    const picture = example.querySelector('.picture').cloneNode(true);
    stage.replaceChildren(picture);
    fit(picture, picture.querySelector('svg').viewBox.baseVal);
    const others = visible();
    lightbox.querySelector('.caption').textContent =
        `${example.querySelector('img').alt} (${others.indexOf(example) + 1} of ${others.length})`;
    if (!lightbox.contains(document.activeElement)) lightbox.focus();  // or keys would go nowhere
  };
  // As large as the window allows, small pictures at most at twice their size.
  const fit = (picture, size) => {
    const style = getComputedStyle(stage);
    const width = stage.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const height = stage.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    const scale = Math.min(width / size.width, height / size.height, 2);
    picture.style.width = `${size.width * scale}px`;
    picture.style.height = `${size.height * scale}px`;
  };
  const step = (by) => {
    const others = visible();
    if (others.length > 0) show(others[(others.indexOf(current) + by + others.length) % others.length]);
  };
  for (const example of examples)
    example.querySelector('.frame').addEventListener('click', () => {
      lightbox.showModal();
      show(example);
    });
  for (const button of all('[data-step]', lightbox))
    button.addEventListener('click', () => step(Number(button.dataset.step)));
  lightbox.querySelector('[data-close]').addEventListener('click', () => lightbox.close());
  stage.addEventListener('click', (event) => {
    if (event.target === stage) lightbox.close();
  });
  lightbox.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowRight') step(1);
    if (event.key === 'ArrowLeft') step(-1);
  });
  lightbox.addEventListener('close', () => {
    stage.replaceChildren();
    current?.querySelector('.frame').focus();
  });
  addEventListener('resize', () => {
    if (lightbox.open && current) show(current);
  });
})();
