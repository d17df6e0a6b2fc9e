import Analysis
import Sockets

/// Where bytes on their way through the chain come from: which bytes of the stream as it was sent they
/// are, or stand for.
struct Stretch {
  /// What a number of bytes stands for.
  enum Part: Equatable {
    /// As many bytes of the stream, as they were sent.
    case kept(Int)
    /// `removed` bytes of the stream, in whose place these were put.
    case replaced(removed: Int, count: Int)

    var count: Int {
      switch self {
      case .kept(let count), .replaced(_, let count): count
      }
    }

    /// Whether it stands for no byte of the stream.
    var isInsertion: Bool {
      if case .replaced(0, _) = self { true } else { false }
    }

    var sourceCount: Int {
      switch self {
      case .kept(let count), .replaced(let count, _): count
      }
    }
  }

  var direction: Direction
  /// Where the first byte stands in the stream that the link at hand is shown.
  var offset: UInt64
  /// Where it stands in the stream as it was sent.
  var source: UInt64
  /// Whether it was put into the stream without any of it: then it need not wait for what follows.
  var isInjected = false
  /// Empty where all bytes are as they were sent.
  private(set) var parts: [Part] = []

  init(_ direction: Direction, at offset: UInt64) {
    self.direction = direction
    self.offset = offset
    source = offset
  }

  /// How many bytes of the stream `count` bytes stand for, which must be all of it.
  func sourceCount(of count: Int) -> Int {
    parts.isEmpty ? count : parts.reduce(0) { $0 + $1.sourceCount }
  }

  /// How many bytes of the stream the bytes before some places stand for, which ascend.
  func sourceCounts(before places: [Int]) -> [Int] {
    if parts.isEmpty { return places }
    var (part, count, source) = (0, 0, 0)
    return places.map { place in
      while part < parts.count, count + parts[part].count <= place {
        count += parts[part].count
        source += parts[part].sourceCount
        part += 1
      }
      if part < parts.count, case .kept = parts[part] { return source + place - count }
      return source
    }
  }

  /// The first `count` bytes of `total`, and what they stand for.
  func prefix(_ count: Int, of total: Int) -> Stretch {
    guard !parts.isEmpty, count < total else { return self }
    var prefix = self
    prefix.parts = []
    var left = count
    for part in parts {
      guard left > 0 || part.count == 0 else { break }
      prefix.append(part.first(left))
      // What stands behind a part that is cut is behind the prefix.
      if part.count > left { break }
      left -= part.count
    }
    return prefix
  }

  /// What follows the first `count` bytes of `total`.
  func suffix(from count: Int, of total: Int) -> Stretch {
    var suffix = self
    suffix.offset &+= UInt64(count)
    if parts.isEmpty {
      suffix.source &+= UInt64(count)
      return suffix
    }
    suffix.source &+= UInt64(prefix(count, of: total).sourceCount(of: count))
    if count >= total { suffix.source = source &+ UInt64(sourceCount(of: total)) }
    suffix.parts = []
    var left = count
    var hasBegun = false
    for part in parts {
      // A part without bytes at the border went with what is in front of it.
      if !hasBegun, left >= part.count {
        left -= part.count
        continue
      }
      suffix.append(part.rest(behind: left))
      left = 0
      hasBegun = true
    }
    return suffix
  }

  /// The place in front of it, without a byte.
  var emptied: Stretch {
    var emptied = self
    emptied.parts = []
    return emptied
  }

  /// Adds what follows it directly: `count` bytes here, `otherCount` there.
  mutating func append(_ other: Stretch, _ count: Int, _ otherCount: Int) {
    if parts.isEmpty && other.parts.isEmpty { return }
    if parts.isEmpty && count > 0 { parts = [.kept(count)] }
    if other.parts.isEmpty {
      if otherCount > 0 { append(.kept(otherCount)) }
    } else {
      for part in other.parts { append(part) }
    }
  }

  private mutating func append(_ part: Part) {
    switch (parts.last, part) {
    case (.kept(let count), .kept(let more)):
      parts[parts.count - 1] = .kept(count + more)
    case (.replaced(let removed, let count), .replaced(let moreRemoved, let more)):
      parts[parts.count - 1] = .replaced(removed: removed + moreRemoved, count: count + more)
    default: parts.append(part)
    }
  }

  /// Carries out edits, which must be in order and in the bytes: what the result stands for.
  func edited(_ edits: [Edit], of total: Int) -> Stretch {
    var edited = self
    edited.parts = []
    var place = 0
    for edit in edits {
      edited.append(slice(place..<edit.range.lowerBound, of: total))
      let removed = slice(edit.range, of: total)
      edited.append(
        .replaced(
          removed: removed.reduce(0) { $0 + $1.sourceCount }, count: edit.replacement.count))
      place = edit.range.upperBound
    }
    edited.append(slice(place..<total, of: total))
    return edited
  }

  private mutating func append(_ parts: [Part]) {
    for part in parts where part != .kept(0) { append(part) }
  }

  /// What some of the bytes stand for. A part without bytes goes with what is in front of it.
  private func slice(_ range: Range<Int>, of total: Int) -> [Part] {
    if parts.isEmpty { return [.kept(range.count)] }
    if range.isEmpty { return [] }
    let behind = range.lowerBound == 0 ? self : suffix(from: range.lowerBound, of: total)
    let part = behind.prefix(range.count, of: total - range.lowerBound)
    return part.parts.isEmpty ? [.kept(range.count)] : part.parts
  }
}

extension Stretch.Part {
  fileprivate func first(_ count: Int) -> Self {
    switch self {
    case .kept(let all): .kept(min(all, count))
    case .replaced(let removed, let all): .replaced(removed: removed, count: min(all, count))
    }
  }

  /// What the first part of a replacement stands for is not counted twice.
  fileprivate func rest(behind count: Int) -> Self {
    switch self {
    case .kept(let all): .kept(all - count)
    case .replaced(let removed, let all):
      .replaced(removed: count == 0 ? removed : 0, count: all - count)
    }
  }
}
