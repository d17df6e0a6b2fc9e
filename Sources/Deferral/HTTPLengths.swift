import Analysis

/// Notices edits that change the length of the body of an HTTP/1 message that announces it, by
/// `Content-Length` or as chunked, in what goes on of one direction.
///
/// It is a light look that costs other streams next to nothing. It follows streams that begin with a
/// message, through their heads however they are cut; takes a chunked body to last until bytes that go on
/// together begin with the next message; and says nothing about edits in heads.
struct HTTPLengths: ~Copyable {
  private enum State {
    /// A message may begin.
    case beginning
    case head
    /// A body that announces its length, of which so many bytes are left.
    case counted(UInt64)
    case chunked
    /// A body that announces no length.
    case unannounced
    case notHTTP
  }

  private var state = State.beginning
  /// Whether nothing was recognised yet.
  private var isFirst = true
  /// The line at hand of a head, as far as it matters, without its end.
  private var line = InlineArray<48, UInt8>(repeating: 0)
  private var lineCount = 0
  /// What the head at hand announces.
  private var announced = State.unannounced
  private var isRequest = false
  private var hasNoBody = false
  private var isFirstLine = true

  /// Whether the stream is, or may be, HTTP.
  var isFollowed: Bool { if case .notHTTP = state { false } else { true } }

  /// Bytes go on, as they came or in the place of others.
  mutating func pass(_ bytes: Span<UInt8>) {
    switch state {
    case .chunked, .unannounced:
      if HTTPMethod.begins(bytes) { begin() } else { return }
    default: break
    }
    var place = 0
    while place < bytes.count {
      switch state {
      case .beginning: readBeginning(bytes[place])
      case .head: readHead(bytes[place])
      case .counted(let left):
        let count = Int(min(left, UInt64(bytes.count - place)))
        place += count
        if count == 0 {
          begin()
        } else {
          state = .counted(left - UInt64(count))
        }
        continue
      case .chunked, .unannounced, .notHTTP: return
      }
      place += 1
    }
  }

  /// Bytes go on in the place of others; whether that changes an announced length.
  mutating func pass(_ bytes: Span<UInt8>, inPlaceOf removed: Int) -> Bool {
    switch state {
    case .counted(let left) where left > 0:
      state = .counted(left - min(left, UInt64(removed)))
      return bytes.count != removed
    case .chunked: return bytes.count != removed
    default:
      pass(bytes)
      return false
    }
  }

  /// Bytes that will never come.
  mutating func skip(_ count: UInt64) {
    switch state {
    case .counted(let left) where left >= count: state = .counted(left - count)
    case .notHTTP, .chunked: break
    default: state = .unannounced
    }
  }

  private mutating func begin() {
    state = .beginning
    lineCount = 0
    announced = .unannounced
    (isRequest, hasNoBody, isFirstLine) = (false, false, true)
  }

  private mutating func readBeginning(_ byte: UInt8) {
    append(byte)
    switch HTTPMethod.standing(line, lineCount) {
    case .partial: break
    case .whole:
      isRequest = line[4] != UInt8(ascii: "/")
      isFirst = false
      state = .head
    case .none: state = isFirst ? .notHTTP : .unannounced
    }
  }

  private mutating func readHead(_ byte: UInt8) {
    guard byte == UInt8(ascii: "\n") else {
      append(byte)
      return
    }
    if lineCount > 0, lineCount <= 48, line[lineCount - 1] == UInt8(ascii: "\r") { lineCount -= 1 }
    if lineCount == 0 {
      endHead()
    } else {
      readLine()
      lineCount = 0
    }
  }

  /// Counts on where there is no room.
  private mutating func append(_ byte: UInt8) {
    if lineCount < 48 { line[lineCount] = byte }
    if lineCount < .max { lineCount += 1 }
  }

  private mutating func endHead() {
    let (announced, hasNoBody, isRequest) = (announced, hasNoBody, isRequest)
    begin()
    if hasNoBody { return }
    if case .unannounced = announced, isRequest { return }
    state = announced
  }

  private mutating func readLine() {
    if isFirstLine {
      isFirstLine = false
      // Status 1xx, 204 and 304 (RFC 9112 §6.3).
      let status = (line[9], line[10], line[11])
      hasNoBody =
        !isRequest && lineCount >= 12
        && (status.0 == 49 || status == (50, 48, 52) || status == (51, 48, 52))
      return
    }
    if let value = value(of: "content-length:") {
      if case .chunked = announced { return }
      if let length = number(value) { announced = .counted(length) }
    } else if let value = value(of: "transfer-encoding:"), names("chunked", value) {
      announced = .chunked
    }
  }

  /// Where the value stands in the line, where it is of that field.
  private func value(of name: StaticString) -> Range<Int>? {
    let count = name.utf8CodeUnitCount
    let end = min(lineCount, 48)
    guard end >= count, stands(name, at: 0) else { return nil }
    return count..<end
  }

  private func stands(_ text: StaticString, at place: Int) -> Bool {
    text.withUTF8Buffer { text in
      for index in text.indices where unsafe lowercased(line[place + index]) != text[index] {
        return false
      }
      return true
    }
  }

  private func lowercased(_ byte: UInt8) -> UInt8 {
    (65...90).contains(byte) ? byte | 0x20 : byte
  }

  private func names(_ word: StaticString, _ range: Range<Int>) -> Bool {
    let count = word.utf8CodeUnitCount
    guard range.count >= count else { return false }
    return (range.lowerBound...(range.upperBound - count)).contains { stands(word, at: $0) }
  }

  private func number(_ range: Range<Int>) -> UInt64? {
    var number: UInt64 = 0
    var digits = 0
    for index in range where line[index] != 32 && line[index] != 9 {
      guard (48...57).contains(line[index]) else { break }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(line[index] - 48))
      if overflow || carry { return nil }
      number = sum
      digits += 1
    }
    return digits > 0 && lineCount <= 48 ? number : nil
  }
}

/// What a message of HTTP/1 begins with.
private enum HTTPMethod {
  enum Standing { case none, partial, whole }

  private static let words = [
    "HTTP/1.", "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ",
    "TRACE ",
  ].map { Array($0.utf8) }

  static func begins(_ bytes: Span<UInt8>) -> Bool {
    // Most bytes are none that a message begins with.
    guard let first = bytes.indices.first, (65...90).contains(bytes[first]) else { return false }
    return words.contains { word in
      guard bytes.count >= word.count else { return false }
      for index in word.indices where bytes[index] != word[index] { return false }
      return true
    }
  }

  /// Whether the first bytes of a line are one of the words, or a part of one.
  static func standing(_ line: InlineArray<48, UInt8>, _ count: Int) -> Standing {
    if !(65...90).contains(line[0]) { return .none }
    var isPartial = false
    for word in words where word.count >= count {
      var isSame = true
      for index in 0..<count where word[index] != line[index] { isSame = false }
      if isSame, word.count == count { return .whole }
      isPartial = isPartial || isSame
    }
    return isPartial ? .partial : .none
  }
}
