/// Suggestions for mistyped names.
enum NearestName {
  /// `; did you mean 'flow'?` without the question mark, or nothing.
  static func hint(for name: String, among candidates: [String]) -> String {
    guard let nearest = nearest(to: name, among: candidates) else { return "" }
    return "; did you mean '\(nearest)'"
  }

  /// The candidate with the fewest typing errors, at most one for each three letters (and one in
  /// any case), or one that `name` begins.
  static func nearest(to name: String, among candidates: [String]) -> String? {
    // Nobody mistypes this much, and the work is the product of the lengths.
    guard !name.isEmpty, name.utf8.count <= 64 else { return nil }
    let allowed = max(1, name.utf8.count / 3)
    let ranked = candidates.map { (distance(name, $0), $0) }.sorted { $0 < $1 }
    if let best = ranked.first, best.0 <= allowed { return best.1 }
    return candidates.sorted().first { $0.hasPrefix(name) }
  }

  /// How many letters have to be put in, taken out, replaced or swapped with their neighbour.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var rows = [Array(0...right.count)]
    for row in 0..<left.count {
      var next = [row + 1]
      for column in 0..<right.count {
        let change = rows[row][column] + (left[row] == right[column] ? 0 : 1)
        var best = min(change, rows[row][column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[left.count][right.count]
  }
}
