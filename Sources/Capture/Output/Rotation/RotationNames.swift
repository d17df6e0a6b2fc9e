import Glibc
import Wire

/// The names of the files of a rotated capture: with the escapes of `strftime` by the time of their
/// first packet, otherwise `out.pcap`, `out-00001.pcap`, `out-00002.pcap`.
struct RotationNames {
  private let pattern: String
  /// Whether names come from packet times. Only then is a percent sign more than a letter.
  let areTimes: Bool
  /// The last name before its number.
  private var last: String?
  private var number = 0

  init(_ pattern: String, areTimes: Bool) {
    self.pattern = pattern
    self.areTimes = areTimes && pattern.utf8.contains(UInt8(ascii: "%"))
  }

  /// The name of the next file. One that would be the same as the last one is numbered.
  mutating func next(at time: Timestamp?) throws(CaptureError) -> String {
    var name = pattern
    if areTimes, let time { name = try self.name(at: time) }
    number = name == last ? number + 1 : 0
    last = name
    return number == 0 ? name : Self.numbered(name, number)
  }

  /// In UTC, so that a capture has the same names everywhere.
  private func name(at time: Timestamp) throws(CaptureError) -> String {
    var seconds = time_t(time.wholeSeconds)
    var parts = unsafe tm()
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe gmtime_r(&seconds, &parts) != nil,
      unsafe strftime(&buffer, buffer.count, format(at: time), &parts) > 0
    else { throw CaptureError(file: pattern, reason: "makes no name for \(time)") }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// `%s`, the seconds since 1970, would be taken for local time.
  private func format(at time: Timestamp) -> String {
    var result = ""
    var rest = pattern.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%", let conversion = rest.popFirst() else {
        result.unicodeScalars.append(scalar)
        continue
      }
      result += conversion == "s" ? String(time.wholeSeconds) : "%\(conversion)"
    }
    return result
  }

  /// The files that are there under names that come after `first`.
  static func numbered(after first: String) -> [String] {
    let (folder, name) = parts(first)
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var found: [String] = []
    while let entry = unsafe readdir(directory) {
      let other = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if isNumbered(other, of: name) { found.append(folder + "/" + other) }
    }
    return found
  }

  /// Whether a name is a later one of those that are written after `first`.
  private static func isNumbered(_ name: String, of firstName: String) -> Bool {
    let (stem, ending) = stem(of: firstName[...])
    guard name.hasPrefix(stem + "-"), name.hasSuffix(ending),
      name.utf8.count >= stem.utf8.count + 6 + ending.utf8.count
    else { return false }
    let digits = name.dropFirst(stem.count + 1).dropLast(ending.count)
    return digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func parts(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  /// A name without its ending, and the ending with its point.
  private static func stem(of name: Substring) -> (stem: String, ending: String) {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else {
      return (String(name), "")
    }
    return (String(name[..<dot]), String(name[dot...]))
  }

  /// With a number in front of the ending, if there is one.
  private static func numbered(_ name: String, _ number: Int) -> String {
    let digits = String(number)
    let suffix = "-" + String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    let (stem, ending) = stem(of: name[start...])
    return name[..<start] + stem + suffix + ending
  }
}
