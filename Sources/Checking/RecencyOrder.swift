/// Places in the order in which they were last heard of. Every operation takes the same short time.
struct RecencyOrder {
  /// Neighbours of each place; of one that is not in the order both are `absent`.
  private var links: [(before: Int32, after: Int32)] = []
  private var first: Int32 = end
  private var last: Int32 = end
  private static var end: Int32 { -1 }
  private static var absent: Int32 { -2 }

  var oldest: Int? { first < 0 ? nil : Int(first) }

  func after(_ place: Int) -> Int? {
    guard contains(place), links[place].after >= 0 else { return nil }
    return Int(links[place].after)
  }

  private func contains(_ place: Int) -> Bool {
    place < links.count && links[place].after != Self.absent
  }

  /// Moves a place to the end, or adds it there.
  mutating func touch(_ place: Int) {
    let number = Int32(truncatingIfNeeded: place)
    if last == number { return }
    remove(place)
    while links.count <= place { links.append((Self.absent, Self.absent)) }
    links[place] = (last, Self.end)
    if last >= 0 { links[Int(last)].after = number } else { first = number }
    last = number
  }

  mutating func remove(_ place: Int) {
    guard contains(place) else { return }
    let (before, after) = links[place]
    if before >= 0 { links[Int(before)].after = after } else { first = after }
    if after >= 0 { links[Int(after)].before = before } else { last = before }
    links[place] = (Self.absent, Self.absent)
  }
}
