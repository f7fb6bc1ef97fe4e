"""log.jsonl as a picture: losses and the share of crops told right, over the pictures seen."""

import json

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 900, 420, 60, 40, 40, 30
COLOURS = {"objectness": "#1f77b4", "rpn_box": "#ff7f0e", "classes": "#2ca02c", "box": "#d62728", "loss": "#9467bd", "right": "#8c564b"}


def read_log(path):
    """The entries of log.jsonl. A training that was killed may have left half a line."""
    entries = []
    for line in path.read_text().splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def write(log, out, stage="detector", over="pictures"):
    """An SVG of one stage; False if the log has fewer than two points of it."""
    by_place = {p[over]: p for p in read_log(log) if p.get("stage") == stage and over in p}  # of steps done twice, the last
    points = [by_place[place] for place in sorted(by_place)]
    if len(points) < 2:
        return False
    series = {name: [(p[over], p[name]) for p in points if name in p] for name in COLOURS}
    series = {name: values for name, values in series.items() if len(values) > 1}
    if not series:
        return False
    right, top = max(p[over] for p in points), max(v for values in series.values() for _, v in values)
    x = lambda value: LEFT + (WIDTH - LEFT - RIGHT) * value / right
    y = lambda value: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for tick in range(6):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(top * tick / 5):.1f}" y2="{y(top * tick / 5):.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 6}" y="{y(top * tick / 5) + 4:.1f}" text-anchor="end">{top * tick / 5:.2f}</text>'
                     f'<text x="{x(right * tick / 5):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{right * tick / 5:,.0f}</text>')
    for place, (name, values) in enumerate(series.items()):
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in values)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>'
                     f'<text x="{LEFT + 20 + 130 * place}" y="{TOP - 10}" fill="{COLOURS[name]}">{name}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">{over} seen by the {stage}</text></svg>')
    out.write_text("\n".join(parts) + "\n")
    return True
