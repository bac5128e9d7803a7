// The start page: reads what the machine has and which projects are open, and copies commands.
// Everything from the engine is set as text, never as markup.

/** @typedef {import('../../contract/system.ts').DoctorReport} DoctorReport */
/** @typedef {import('../../contract/project.ts').ProjectSummary} ProjectSummary */

/** @param {string} id of an element that the page has */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/**
 * An element with a class, and texts or elements inside.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {...(string | Node)} children
 */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {boolean} ok
 * @param {string} goodWord
 * @param {string} otherWord
 */
function state(ok, goodWord, otherWord, otherKind = 'warn') {
  return element('span', `state ${ok ? 'good' : otherKind}`, ok ? goodWord : otherWord);
}

/**
 * @param {string} title
 * @param {string | Node} value
 * @param {string} note
 * @param {string} [remedy]
 */
function tile(title, value, note, remedy) {
  const lines = [element('div', 'value', value)];
  if (note) lines.push(element('div', 'note', note));
  if (remedy) lines.push(element('div', 'remedy', remedy));
  return element('div', 'tile', element('dt', '', title), element('dd', '', ...lines));
}

/**
 * A part that may be missing without stopping anything.
 * @param {string} title
 * @param {DoctorReport['electron']} part
 */
function partTile(title, part) {
  if (part.ok) return tile(title, state(true, 'ready', ''), part.version ?? '');
  return tile(title, state(false, '', 'not here', 'off'), part.reason, part.remedy);
}

/** @param {...(string | Node)} cells */
function row(...cells) {
  const isCell = /** @param {string | Node} cell */ (cell) => cell instanceof HTMLTableCellElement;
  return element('tr', '', ...cells.map((cell) => (isCell(cell) ? cell : element('td', '', cell))));
}

const number = new Intl.NumberFormat('en');
const numberCell = /** @param {number} value */ (value) => element('td', 'number', number.format(value));
const detailOf = /** @param {...(string | null)} parts */ (...parts) =>
  parts.filter((part) => part).join(' · ');

/**
 * @param {string} path
 * @returns {Promise<unknown>}
 */
async function read(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}

/** @param {DoctorReport} report */
function showDoctor(report) {
  const chosen = report.backends.find((backend) => backend.id === report.chosenBackend);
  const onGpu = chosen !== undefined && /\bgpu\b|cuda|nvidia/i.test(chosen.device ?? '');
  const gigabytes = (report.memoryBytes / 2 ** 30).toFixed(1);
  byId('machine').replaceChildren(
    chosen === undefined
      ? tile(
          'Training on',
          state(false, '', 'nothing yet'),
          'No backend answers.',
          report.backends[0]?.remedy,
        )
      : tile('Training on', chosen.device ?? chosen.id, detailOf(chosen.id, chosen.version), chosen.remedy),
    partTile('Electron', report.electron),
    partTile('Browser for tests', report.browser),
    tile(
      'Versions',
      `Readroom ${report.readroom}`,
      `Node ${report.node.replace(/^v/, '')} · SQLite ${report.sqlite} · ${report.cores} cores · ${gigabytes} GB`,
    ),
  );
  byId('checks').replaceChildren(
    ...report.backends.map((backend) =>
      row(
        `Backend ${backend.id}`,
        state(backend.ok, backend.id === report.chosenBackend ? 'in use' : 'ready', 'not here', 'off'),
        detailOf(backend.device, backend.version, ...(backend.ok ? [] : [backend.reason, backend.remedy])),
      ),
    ),
    ...report.checks.map((check) =>
      row(
        check.name,
        state(check.ok, 'in order', 'needs you'),
        detailOf(check.detail, check.ok ? '' : check.remedy),
      ),
    ),
  );
  const details = /** @type {HTMLDetailsElement} */ (byId('details'));
  details.hidden = false;
  const badge = byId('device-badge');
  badge.textContent = onGpu ? 'GPU' : 'CPU';
  badge.title = onGpu
    ? 'Training runs on a graphics card'
    : 'Training runs on the processor: slower than a graphics card';
  badge.classList.add(onGpu ? 'good' : 'warn');
  badge.hidden = chosen === undefined;
  byId('machine-state').textContent = report.ok
    ? 'Everything that is needed is here.'
    : 'Something is missing: see the checks.';
  details.open = !report.ok;
}

/** @param {ProjectSummary[]} projects */
function showProjects(projects) {
  if (projects.length === 0) {
    const code = element('code', '', 'npm run -s readroom -- serve PROJECT');
    byId('projects').replaceChildren(
      element(
        'p',
        'empty',
        'A project is one folder with its images’ labels, runs and exports. None is open here: ',
        code,
        ' opens one, and the steps below make one.',
      ),
    );
    return;
  }
  /** @type {[string, string?][]} */
  const heads = [
    ['Name'],
    ['Folder'],
    ['Classes'],
    ['Images', 'number'],
    ['Patients', 'number'],
    ['Labelled', 'number'],
  ];
  const head = element(
    'tr',
    '',
    ...heads.map(([text, kind = '']) => {
      const cell = element('th', kind, text);
      cell.scope = 'col';
      return cell;
    }),
  );
  const rows = projects.map((project) =>
    row(
      element(
        'td',
        '',
        project.name,
        ...(project.readOnly ? [' ', element('span', 'badge', 'READ ONLY')] : []),
      ),
      project.path,
      project.classes.map((entry) => entry.name).join(', ') || 'none yet',
      numberCell(project.images),
      numberCell(project.patients),
      numberCell(project.labelled),
    ),
  );
  const table = element('table', '', element('thead', '', head), element('tbody', '', ...rows));
  const notices = projects
    .flatMap((project) => project.notices)
    .map((notice) => element('p', 'quiet', notice));
  byId('projects').replaceChildren(element('div', 'scroll', table), ...notices);
}

/**
 * @param {string} path
 * @param {(answer: unknown) => void} show
 * @param {string} areaId
 * @param {string} stateId
 */
async function fill(path, show, areaId, stateId) {
  try {
    show(await read(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    byId(stateId).textContent = `This could not be read: ${why} Reload the page to try again.`;
  } finally {
    byId(areaId).setAttribute('aria-busy', 'false');
  }
}

function addCopyButtons() {
  for (const place of document.querySelectorAll('.command')) {
    const code = place.querySelector('code');
    if (code === null) continue;
    const command = code.textContent;
    // Lines break between words only: browsers would also break after the hyphens of an option.
    code.replaceChildren(
      ...command
        .split(' ')
        .flatMap((word) => [element('span', 'word', word), ' '])
        .slice(0, -1),
    );
    const button = element('button', '', 'Copy');
    button.type = 'button';
    button.setAttribute('aria-label', `Copy the command: ${command}`);
    button.addEventListener('click', async () => {
      let word = 'Copied';
      try {
        await navigator.clipboard.writeText(command);
      } catch {
        getSelection()?.selectAllChildren(code);
        word = 'Ctrl+C';
      }
      button.textContent = word;
      button.classList.add('done');
      byId('announce').textContent =
        word === 'Copied' ? 'Command copied.' : 'Command selected: press Ctrl C.';
      setTimeout(() => {
        button.textContent = 'Copy';
        button.classList.remove('done');
      }, 1500);
    });
    place.append(button);
  }
}

addCopyButtons();
void fill(
  '/status/projects',
  (answer) => showProjects(/** @type {ProjectSummary[]} */ (answer)),
  'projects',
  'projects-state',
);
void fill(
  '/status/doctor',
  (answer) => showDoctor(/** @type {DoctorReport} */ (answer)),
  'machine',
  'machine-state',
);
