// What became of what was added is brought into sight, however far down the list one has read.
watch('value', () => {
  const report = element.querySelector('.report');
  if (report?.querySelector('.group')) report.scrollIntoView({ block: 'nearest' });
});
