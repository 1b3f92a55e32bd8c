// Lets a whole folder be chosen, or dropped on the place for files: of what is in it, the files that can be read.
const place = () => document.querySelector('#files');
const readable = (name) => !name.startsWith('.') && props.suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
const hand = (files) => {
  const input = place()?.querySelector('input[type=file]');
  if (!input || !files.length) return;
  const all = new DataTransfer();
  files.forEach((file) => all.items.add(file));
  input.files = all.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};

element.addEventListener('change', (event) => {
  const chosen = [...event.target.files].filter((file) => readable(file.name));
  event.target.value = '';
  hand(chosen);
});

const filesIn = async (entry) => {
  if (entry.isFile) return readable(entry.name) ? [await new Promise((done, failed) => entry.file(done, failed))] : [];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // it gives a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const one of some) if (!one.name.startsWith('.')) found.push(...(await filesIn(one)));
  }
};
document.addEventListener('drop', async (event) => {
  if (!place()?.contains(event.target)) return;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return;
  event.preventDefault();
  event.stopPropagation();
  hand((await Promise.all(entries.map(filesIn))).flat());
}, true);
