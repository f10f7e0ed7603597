"""The chart: each measure in shares of what tuned Dovecot needs, so that shorter is better and 1 is a draw."""
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 860, 300, 90
TOP, BAR, GAP = 64, 12, 14
LARGEST = 1.6  # longer bars are cut, and say how long they are

STYLE = """\
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #57606a }
  .axis { stroke: #8c959f; stroke-dasharray: 3 3 }
  .bar0 { fill: #0969da } .bar1 { fill: #54aeff } .bar2 { fill: #bf8700 } .bar3 { fill: #b0b6bd }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .axis { stroke: #6e7681 }
    .bar0 { fill: #4493f8 } .bar1 { fill: #1f5fb0 } .bar2 { fill: #d29922 } .bar3 { fill: #6e7681 }
  }
"""


def text(x, y, words, kind="", anchor="start"):
    return f'  <text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>\n'


def bar(x, y, width, index, is_cut):
    """A cut bar ends in a slant."""
    slant = 8 if is_cut else 0
    return (f'  <path class="bar{index}" d="M{x:.1f} {y:.1f}h{width:.1f}l{-slant} {BAR - 2}h{slant - width:.1f}z"/>\n')


def legend(results, keys):
    x, out = LEFT, ""
    for index, key in enumerate(keys):
        out += f'  <rect class="bar{index}" x="{x}" y="34" width="12" height="12"/>\n'
        label = results["servers"][key]
        out += text(x + 17, 44, label, "quiet")
        x += 36 + 7 * len(label)
    return out


def draw(results, own, rival, number):
    keys = [key for key in results["servers"] if key in own or key == rival or key == "dovecot-packaged"][:4]
    scale = (WIDTH - LEFT - RIGHT) / LARGEST
    out, y = legend(results, keys), TOP
    for measure in results["measures"].values():
        base = measure["medians"].get(rival) or max((value or 0) for value in measure["medians"].values()) or 1
        shown = [(index, measure["medians"][key]) for index, key in enumerate(keys)
                 if measure["medians"][key] is not None]
        out += text(LEFT - 10, y + len(shown) * BAR / 2 + 4, measure["title"], "", "end")
        for index, value in shown:
            share = value / base
            width = max(1.0, min(share, LARGEST) * scale)
            out += bar(LEFT, y, width, index, share > LARGEST)
            out += text(LEFT + width + 6, y + BAR - 2, f"{number(value)} {measure['unit']}", "quiet")
            y += BAR
        y += GAP
    line = LEFT + scale
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">\n'
            f"  <title>Restante beside Dovecot</title>\n  <style>\n{STYLE}  </style>\n")
    title = text(LEFT, 20, "What it costs, beside tuned Dovecot: shorter is better", "title")
    axis = f'  <path class="axis" d="M{line:.1f} {TOP - 8}V{y - GAP + 4}"/>\n'
    return head + title + out + axis + "</svg>\n"
