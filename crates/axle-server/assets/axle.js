// What Axle's pages do beyond links and forms: keys, theme, charts, copying, uploads. Every page works without it.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* off */ } },
  };

  // Theme: theme.js applies it; here it is chosen.
  const chooseTheme = (theme) => {
    store.set('axle-theme', theme);
    document.dispatchEvent(new CustomEvent('axle:apply-theme'));
  };
  find('[data-theme-toggle]')?.addEventListener('click', () => {
    chooseTheme(document.documentElement.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark');
  });
  find('[data-theme-system]')?.addEventListener('click', () => chooseTheme(null));

  // Paper is white.
  let onScreen = null;
  const setTheme = (theme) => { document.documentElement.setAttribute('data-bs-theme', theme); document.dispatchEvent(new CustomEvent('axle:theme')); };
  addEventListener('beforeprint', () => { onScreen = document.documentElement.getAttribute('data-bs-theme'); setTheme('light'); });
  addEventListener('afterprint', () => { if (onScreen) setTheme(onScreen); });

  // Keys. Single letters can be switched off, for those who speak or whose hands slip.
  const dialog = find('#keys');
  const keysOn = find('#keys-on');
  let awaitingPage = 0;
  if (keysOn) {
    keysOn.checked = store.get('axle-keys') !== 'off';
    keysOn.addEventListener('change', () => store.set('axle-keys', keysOn.checked ? null : 'off'));
  }
  find('[data-keys]')?.addEventListener('click', () => dialog.showModal());
  const focusSearch = (event) => {
    event.preventDefault();
    find('#search')?.focus();
    find('#search')?.select();
  };
  // Cards that are judged one after the other: j and k move, other letters press the buttons of the card that has the focus.
  const cards = all('[data-review]');
  const review = (key) => {
    if (cards.length === 0) return false;
    const at = cards.findIndex((card) => card.contains(document.activeElement));
    const move = { j: 1, k: -1 }[key];
    if (move) { cards[Math.min(cards.length - 1, Math.max(0, at + move))].focus(); return true; }
    const button = cards[at]?.querySelector(`[data-review-key="${CSS.escape(key)}"]`);
    if (!button) return false;
    store.set('axle-judging', location.pathname);
    button.click();
    return true;
  };
  // Whoever judges by keys goes on with the next card.
  if (cards.length && store.get('axle-judging') === location.pathname) cards[0].focus();
  store.set('axle-judging', null);
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') return focusSearch(event);
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog?.open || !keysOn?.checked) return;
    if (event.key === '/') return focusSearch(event);
    if (event.key === '?') return dialog.showModal();
    if (event.key === 'g') { awaitingPage = Date.now(); return; }
    if (Date.now() - awaitingPage < 1500) {
      awaitingPage = 0;
      const link = all('[data-key]').find((item) => item.dataset.key === event.key);
      if (link) location.assign(link.href);
      return;
    }
    if (review(event.key)) event.preventDefault();
  });

  // Charts: options come with the page; colours are names of CSS variables, read anew when the theme changes.
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const axisText = {
    count: (value) => value.toLocaleString('en'),
    number: (value) => value.toLocaleString('en', Math.abs(value) < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 }),
    percent: (value) => `${value.toLocaleString('en')} %`,
    money: (value) => value.toLocaleString('en'),
    seconds: (value) => {
      if (value === 0) return '0';
      if (value < MINUTE) return `${value} s`;
      if (value < HOUR) return `${value / MINUTE} min`;
      if (value < 2 * DAY) return `${value / HOUR} h`;
      return `${value / DAY} d`;
    },
  };
  const withColours = (value, styles) => {
    if (typeof value === 'string' && value.startsWith('var(--')) return styles.getPropertyValue(value.slice(4, -1)).trim();
    if (Array.isArray(value)) return value.map((item) => withColours(item, styles));
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withColours(item, styles)]));
    }
    return value;
  };
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  // A dashed line repeats the last complete point without a text: each series is told once.
  const tooltip = (items) => {
    const box = element('div', 'tip');
    box.append(element('div', 'tip-title', items[0].axisValueLabel));
    const told = new Set();
    for (const item of items) {
      if (!item.data?.text || told.has(item.seriesName)) continue;
      told.add(item.seriesName);
      const row = element('div', 'tip-row');
      row.append(element('span', 'tip-name', item.seriesName), element('span', 'tip-value', item.data.text));
      box.append(row);
    }
    return box;
  };
  const drawn = new Map();
  const draw = (canvas) => {
    const { unit, minor, option } = JSON.parse(find(`#${canvas.dataset.chart}-data`).textContent);
    const themed = withColours(option, getComputedStyle(document.documentElement));
    themed.yAxis.axisLabel.formatter = (value) => axisText[unit](value / minor);
    themed.tooltip.formatter = tooltip;
    themed.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
    if (canvas.clientWidth < 420 && themed.grid.right > 60) themed.grid.right = 84;
    let chart = drawn.get(canvas);
    if (!chart) {
      canvas.replaceChildren();
      chart = echarts.init(canvas, null, { renderer: 'svg' });
      drawn.set(canvas, chart);
      walkByKeys(canvas, chart, option);
      new ResizeObserver(() => chart.resize()).observe(canvas);
    }
    chart.setOption(themed, true);
  };
  // The arrow keys move the tooltip from period to period.
  const walkByKeys = (canvas, chart, option) => {
    const last = option.xAxis.data.length - 1;
    let at = last + 1;
    canvas.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      at = Math.min(last, Math.max(0, at + step));
      const seriesIndex = option.series.findIndex((series) => series.data[at]?.text);
      chart.dispatchAction({ type: 'showTip', seriesIndex: Math.max(0, seriesIndex), dataIndex: at });
    });
    canvas.addEventListener('blur', () => chart.dispatchAction({ type: 'hideTip' }));
  };
  const drawAll = () => { if (window.echarts) all('[data-chart]').forEach(draw); };
  drawAll();
  document.addEventListener('axle:theme', drawAll);

  // Copying, and links that are shown in full.
  all('[data-absolute]').forEach((input) => { input.value = new URL(input.value, location.href).href; });
  all('[data-absolute-text]').forEach((link) => { link.textContent = link.href; });
  all('[data-print]').forEach((button) => button.addEventListener('click', () => print()));
  all('[data-copy]').forEach((button) => button.addEventListener('click', async () => {
    const input = find(`#${button.dataset.copy}`);
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      button.classList.add('is-copied');
      setTimeout(() => button.classList.remove('is-copied'), 1500);
    } catch { /* The text is selected; the keyboard copies it. */ }
  }));

  // How many rows of a list are chosen.
  all('[data-choose]').forEach((form) => {
    const option = find('[data-chosen]', form);
    const tell = () => {
      const chosen = all('input[name=chosen]:checked', form).length;
      option.textContent = chosen ? `the ${chosen} chosen above` : 'those chosen above';
    };
    form.addEventListener('change', tell);
    tell();
  });

  // A list of columns or a small form closes when the reader goes elsewhere.
  document.addEventListener('click', (event) => {
    all('.list-tools details[open]').forEach((details) => { if (!details.contains(event.target)) details.open = false; });
  });

  // Uploads: a place to drop a file, and how much of it is through.
  const sendWithProgress = (form) => {
    const bar = find('progress', form);
    const status = find('[data-upload-status]', form);
    const button = find('button.btn-primary', form);
    const request = new XMLHttpRequest();
    const stop = (message) => {
      bar.hidden = true;
      button.disabled = false;
      status.textContent = message;
    };
    request.upload.addEventListener('progress', (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((100 * event.loaded) / event.total);
      status.textContent = bar.value < 100 ? `${bar.value} % sent` : 'Sent, opening the import';
    });
    request.addEventListener('load', () => {
      // The answer is the import's page, or this one with what to change.
      if (request.status < 400 && request.responseURL !== form.action) return location.assign(request.responseURL);
      const answer = new DOMParser().parseFromString(request.responseText, 'text/html');
      stop(find('#upload-problem', answer)?.textContent.trim() || `The server refused the file (status ${request.status}).`);
    });
    request.addEventListener('error', () => stop('The connection broke. Check it and try again.'));
    request.open('POST', form.action);
    button.disabled = true;
    bar.hidden = false;
    request.send(new FormData(form));
  };
  all('[data-upload]').forEach((form) => {
    const drop = find('[data-drop]', form);
    const input = find('input[type=file]', form);
    const hover = (on) => (event) => { event.preventDefault(); drop.classList.toggle('is-over', on); };
    drop.addEventListener('dragover', hover(true));
    drop.addEventListener('dragleave', hover(false));
    drop.addEventListener('drop', (event) => {
      hover(false)(event);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
    form.addEventListener('submit', (event) => { event.preventDefault(); sendWithProgress(form); });
  });
})();
