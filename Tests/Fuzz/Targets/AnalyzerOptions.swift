import Analysis
import SluiceCommand

extension FuzzTarget {
  /// The grammar of `-a`. The first byte chooses: even, the rest is a specification as it is; odd,
  /// it is a value, which is written with escapes and must read back as it was.
  static let analyzerOptions = FuzzTarget(
    name: "analyzer-options",
    run: { input in
      guard let mode = input.first else { return }
      let rest = Array(input.dropFirst())
      let registry = try AnalyzerRegistry(builtIn: [Everything.self])
      if mode & 1 == 0 {
        try parse(rest, registry)
      } else {
        try compare(rest, registry)
      }
    },
    seeds: {
      [
        "everything", "everything:", "everything:flag", "everything:bytes=a\\x00\\,b,flag",
        "everything:text=a,b,number=7,size=64K,choice=red", "everything:port=80+8000-8080",
        "everything:net=10.0.0.0/8+fd00::/8,direction=in,filter=tcp", "everythin", ":",
        "everything:bytes=\\", "everything:number=-1,number=2", "everything:flag=off,text=",
      ].enumerated().map { Seed(name: "specification-\($0)", bytes: [0] + Array($1.utf8)) }
        + [Seed(name: "value", bytes: [1] + Array(#"a,flag,b=\x,"#.utf8) + [0, 10, 255])]
    })

  private static func parse(_ bytes: [UInt8], _ registry: AnalyzerRegistry) throws {
    // Files are not for a fuzzer to read.
    guard !bytes.contains(UInt8(ascii: "@")) else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      let specification = try AnalyzerSpecification(text, registry: registry)
      let link = try specification.makeLink()
      try require(link.name == Everything.name, "another analyzer")
      try check(specification)
    } catch let failure as CommandFailure {
      try require(!"\(failure)".isEmpty, "a failure without a message")
    }
  }

  /// What was accepted is within what is declared.
  private static func check(_ specification: AnalyzerSpecification) throws {
    let options = specification.options
    if let number = options.number("number") {
      try require((0...99).contains(number), "number \(number)")
    }
    if let choice = options.text("choice") {
      try require(["red", "blue"].contains(choice), "choice \(choice)")
    }
    if let size = options.size("size") { try require(size >= 0, "size \(size)") }
    for network in specification.selection.networks {
      let longest = network.address.family == .ipv4 ? 32 : 128
      try require((0...longest).contains(network.prefixLength), "prefix \(network.prefixLength)")
    }
  }

  private static func compare(_ value: [UInt8], _ registry: AnalyzerRegistry) throws {
    let escaped = value.map { byte -> String in
      let digits = String(byte, radix: 16)
      let isPlain = (0x20..<0x7F).contains(byte) && byte != 0x5C && byte != 0x2C
      return isPlain ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + digits
    }
    let specification = try AnalyzerSpecification(
      "everything:flag,bytes=\(escaped.joined()),number=7", registry: registry)
    try require(specification.options.literal("bytes") == value, "the value reads back otherwise")
    try require(specification.options.number("number") == 7, "what follows the value is lost")
    try require(specification.options.flag("flag"), "what precedes the value is lost")
  }
}

/// Has a setting of every kind.
private struct Everything: Analyzer {
  static let name = "everything"
  static let summary = "settings of all kinds"
  static let settings = [
    Setting("bytes", .literal, "any"), Setting("text", .text, "any"),
    Setting("number", .number(0...99), default: "5", "up to 99"),
    Setting("size", .size, default: "4K", "any"), Setting("flag", .flag, "yes or no"),
    Setting("choice", .choice(["red", "blue"]), "a color"),
  ]

  init(_ options: Options) {}

  func attach(to socket: SocketInfo) -> (any SocketAnalyzer)? { nil }
}
