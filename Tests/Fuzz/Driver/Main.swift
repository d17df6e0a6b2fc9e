import CFuzzer
import Glibc

/// `fuzz` lists the targets. `fuzz TARGET [libFuzzer's arguments]` fuzzes one where libFuzzer is
/// linked in (Scripts/fuzz does that), and replays files otherwise: those that are named, or the
/// target's corpus. `fuzz seeds FOLDER` writes the corpora that are made and not found.
@main enum Main {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    guard let word = words.first else {
      for target in FuzzTarget.all { print(target.name) }
      return
    }
    if word == "seeds", words.count == 2 {
      Corpus.writeSeeds(to: words[1])
      return
    }
    guard let target = FuzzTarget.named(word) else {
      fail("there is no target \(word); without arguments all are listed")
    }
    if cfuzzer_is_available() != 0 { exit(Fuzzer.run(target)) }
    let paths = words.count > 1 ? words.dropFirst().flatMap(Corpus.files) : Corpus.files(of: target)
    for path in paths {
      do {
        try target.run(Corpus.read(path))
      } catch {
        fail("\(target.name): \(path): \(error)")
      }
    }
    print("\(target.name): \(paths.count) inputs replayed")
  }

  private static func fail(_ message: String) -> Never {
    let line = Array("fuzz: \(message)\n".utf8)
    write(STDERR_FILENO, line, line.count)
    exit(2)
  }
}

/// The way into libFuzzer.
private enum Fuzzer {
  nonisolated(unsafe) static var target = FuzzTarget.all[0]

  static func run(_ target: FuzzTarget) -> Int32 {
    Self.target = target
    // libFuzzer gets the arguments without the name of the target.
    let arguments = CommandLine.unsafeArgv
    let count = Int(CommandLine.argc)
    for index in 1..<count { arguments[index] = arguments[index + 1] }
    return cfuzzer_run(Int32(count - 1), arguments) { bytes, count in
      do {
        try Fuzzer.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
      } catch {
        fatalError("\(error)")
      }
      return 0
    }
  }
}
